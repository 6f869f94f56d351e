"""Patterns by the real processes: the demo has one of each; what Start makes of a starter runs and undoes itself."""

from typing import Any

import httpx
import pytest

from tests.system import Desk, eventually

FINAL = {"completed", "faulted", "compensated", "compensation_failed"}
LOAN = {"text": "A loan", "account": "50001010", "amount": "12.50", "currency": "EUR", "creditor_account": "50002020"}


def live(desk: Desk, pattern: str, **parts: Any) -> dict[str, Any]:
    """A configuration of the starter, on the demo's own parts."""
    adapter, router = demo(desk, "adapter"), demo(desk, "model-router")
    given = {"route_id": router["route_id"], "connector_id": adapter["connector_id"], "unit_id": router["unit_id"]}
    drafted = desk.create("patterns/", name=desk.name(pattern), pattern=pattern, **given | parts)
    started: dict[str, Any] = desk.api.post(f"patterns/{drafted['id']}/start/").raise_for_status().json()
    return started


def demo(desk: Desk, pattern: str) -> dict[str, Any]:
    rows = desk.api.get("patterns/", params={"pattern": pattern, "status": "live"}).raise_for_status().json()["results"]
    found: dict[str, Any] = rows[-1]  # the oldest
    return found


def ended(desk: Desk, run_id: str) -> dict[str, Any]:
    def run() -> dict[str, Any]:
        return desk.api.get(f"runs/{run_id}/").json()  # type: ignore[no-any-return]

    eventually(lambda: run()["status"] in FINAL, seconds=30)
    return run()


def test_the_demo_has_one_live_configuration_of_each_pattern(desk: Desk):
    parts = {row["name"]: (row["pattern"], row["route"], row["connector"], row["definitions"]) for row in (
        demo(desk, one) for one in ("model-router", "adapter", "orchestrator", "saga", "choreography")
    )}  # fmt: skip
    assert parts.pop("Payment by events")[3][0] == "demo/payment-screening"
    assert parts == {
        "Assistant": ("model-router", "assistant", None, []),
        "Account lookup": ("adapter", None, "demo_core", []),
        "Account questions": ("orchestrator", None, None, ["patterns/account-questions"]),
        "Payment": ("saga", None, None, ["demo/payment"]),
    }


@pytest.mark.parametrize(("mode", "status"), [("normal", "completed"), ("refuse", "compensated")])
def test_a_saga_of_the_starter_books_or_undoes_itself(desk: Desk, mode: str, status: str):
    roles = {"reserve": "reserve", "undo": "release", "book": "book"}
    (definition,) = live(desk, "saga", operations=roles)["definitions"]
    with httpx.Client(base_url=desk.info["demo_core_url"]) as core:
        core.put("/demo/switches/book", json={"mode": mode}).raise_for_status()
        try:
            run_id = desk.create("runs/", definition=definition, input=LOAN | {"text": desk.name("A loan")})["id"]
            assert ended(desk, run_id)["status"] == status
        finally:
            core.put("/demo/switches/book", json={"mode": "normal"}).raise_for_status()


def test_participants_of_the_starter_hear_each_other(desk: Desk):
    made = live(desk, "choreography", operations={"call": "account_read"})
    data = {"text": desk.name("An account"), "account": "50001010"}
    event = {"specversion": "1.0", "id": desk.name("e"), "source": "/tests", "type": f"{made['handle']}.submitted"}
    headers = {"content-type": "application/cloudevents+json"}
    desk.api.post("events/", json=event | {"data": data}, headers=headers).raise_for_status()

    def recorded() -> set[str]:
        rows = desk.api.get("runs/", params={"status": "completed"}).json()["results"]
        kept = [row["id"] for row in rows if row["definition"] == made["definitions"][2]]
        return {desk.api.get(f"runs/{one}/").json()["output"]["heard"] for one in kept}

    eventually(lambda: recorded() == {f"{made['handle']}.screened", f"{made['handle']}.answered"}, seconds=30)
