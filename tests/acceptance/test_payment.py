"""The demo's payment by the real processes: read, screened, reserved, decided on, booked; undone when it must be."""

import re
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from config.demo.samples import sample
from tests.system import Desk, eventually

FINAL = {"completed", "faulted", "cancelled", "compensated", "compensation_failed"}
SECONDS = 60


class Core:
    """The demo core's own account of what happened."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url)
        self.before = self.effects()

    def status(self) -> dict[str, Any]:
        return self.client.get("/demo/status").json()  # type: ignore[no-any-return]

    def effects(self) -> dict[str, int]:
        return dict(self.status()["effects"])

    def happened(self) -> dict[str, int]:
        """Effects since the beginning of the test."""
        now = {name: count - self.before.get(name, 0) for name, count in self.effects().items()}
        return {name: count for name, count in now.items() if count}

    def booking(self, mode: str) -> None:
        self.client.put("/demo/switches/book", json={"mode": mode}).raise_for_status()


@pytest.fixture
def core(desk: Desk) -> Iterator[Core]:
    found = Core(desk.info["demo_core_url"])
    yield found
    found.booking("normal")
    balanced = found.status()["balanced"]
    found.client.close()
    assert balanced


def text(desk: Desk, name: str) -> str:
    """A sample with an invoice that no model was asked about before."""
    return sample(name).decode().replace("Invoice", desk.name("Invoice"))


def started(desk: Desk, name: str) -> str:
    return str(desk.create("runs/", definition="demo/payment", input={"file": text(desk, name)})["id"])


def run(desk: Desk, run_id: str) -> dict[str, Any]:
    return desk.api.get(f"runs/{run_id}/").json()  # type: ignore[no-any-return]


def ended(desk: Desk, run_id: str) -> str:
    eventually(lambda: run(desk, run_id)["status"] in FINAL, seconds=SECONDS)
    return str(run(desk, run_id)["status"])


def link(desk: Desk, since: float) -> str:
    """The address in the newest mail to the approver."""

    def found() -> str | None:
        mails = (desk.up.data_dir / "mail").glob("*")
        texts = [path.read_text() for path in sorted(mails) if path.stat().st_mtime >= since]
        hits = [hit for mail in texts if "approver@" in mail for hit in re.findall(r"https?://\S+/approvals/\S+", mail)]
        return hits[-1] if hits else None

    return str(eventually(found, seconds=SECONDS))


def decide(desk: Desk, since: float, decision: str, **fields: str) -> None:
    with desk.signed_in("approver") as browser:
        page = browser.get(link(desk, since))
        assert page.status_code == 200
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        action = re.findall(r'<form[^>]* action="([^"]+/approvals/[^"]+)"', page.text)[-1]
        answer = browser.post(action, data=form | fields | {"decision": decision})
        assert answer.status_code < 400, answer.text


def started_from_page(desk: Desk, *, role: str = "developer", file: str = "", sample: str = "") -> str:
    """Start the payment as a person does: on its page, with a file of one's own or a sample."""
    rows = desk.api.get("definitions/", params={"namespace": "demo"}).json()["results"]
    definition = next(row["id"] for row in rows if row["name"] == "payment")
    with desk.signed_in(role) as browser:
        address = f"/t/{desk.info['tenant']}/definitions/{definition}/start/"
        form = browser.get(address).raise_for_status().text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token is not None
        assert f'value="{sample}"' in form
        files = {"in-file": ("payment.xml", file.encode(), "application/xml")} if file else None
        answer = browser.post(address, data={"csrfmiddlewaretoken": token[1], "sample": sample}, files=files)
        assert "/runs/" in str(answer.url), answer.text
        return answer.url.path.split("/")[-2]


def test_a_small_payment_is_booked_and_its_screening_is_priced_and_linked(desk: Desk, core: Core) -> None:
    run_id = started(desk, "below")
    assert ended(desk, run_id) == "completed"
    assert core.happened() == {"reserve": 1, "book": 1}
    rows = desk.rows("select cost, status from routing_usagerecord where run_id = %s", run_id)
    assert [status for _, status in rows] == ["ok"]
    assert Decimal(rows[0][0]) > 0


def test_a_refused_booking_is_undone(desk: Desk, core: Core) -> None:
    core.booking("refuse")
    assert ended(desk, started(desk, "below")) == "compensated"
    assert core.happened() == {"reserve": 1, "release": 1}


def test_an_exhausted_budget_of_its_unit_stops_it_and_says_so(desk: Desk, core: Core) -> None:
    units = {one["name"]: one["id"] for one in desk.api.get("units/").json()["results"]}
    fields = {"meter": "cost", "window": "month", "amount": "0.000001", "unit_id": units["Payment screening"]}
    limit = desk.create("limits/", name=desk.name("nothing left"), **fields)
    try:
        run_id = started(desk, "below")
        assert ended(desk, run_id) == "faulted"
        error = run(desk, run_id)["error"]
    finally:
        assert desk.api.post(f"limits/{limit['id']}/deactivate/", json={"reason": "test"}).status_code == 200
    assert (error["status"], limit["name"] in error["title"]) == (429, True)
    asked = desk.rows("select status from routing_usagerecord where run_id = %s", run_id)
    assert asked == [("refused",)], "a budget that is used up is not asked again and again"
    assert core.happened() == {}


@pytest.mark.parametrize(
    ("decision", "status", "effects"),
    [("approve", "completed", {"reserve": 1, "book": 1}), ("reject", "compensated", {"reserve": 1, "release": 1})],
)
def test_a_large_payment_waits_for_the_link_in_the_mail(
    desk: Desk, core: Core, decision: str, status: str, effects: dict[str, int]
) -> None:
    since = time.time()
    run_id = started(desk, "above")
    assert eventually(lambda: run(desk, run_id)["status"] == "waiting", seconds=SECONDS)
    assert core.happened() == {"reserve": 1}
    decide(desk, since, decision, reason="not known to us" if decision == "reject" else "")
    assert ended(desk, run_id) == status
    assert core.happened() == effects


def test_the_payment_from_its_page_waits_for_the_link_in_the_mail(desk: Desk, core: Core) -> None:
    since = time.time()
    run_id = started_from_page(desk, file=text(desk, "above"))
    assert eventually(lambda: run(desk, run_id)["status"] == "waiting", seconds=SECONDS)
    decide(desk, since, "approve")
    assert ended(desk, run_id) == "completed"
    assert core.happened() == {"reserve": 1, "book": 1}


def test_a_sample_is_enough_to_try_the_payment_from_its_page(desk: Desk, core: Core) -> None:
    assert ended(desk, started_from_page(desk, sample="below")) == "completed"
    assert core.happened() == {"reserve": 1, "book": 1}


@pytest.mark.parametrize(
    ("mode", "effects"), [("normal", {"reserve": 1, "book": 1}), ("refuse", {"reserve": 1, "release": 1})]
)
def test_the_participants_reach_the_same_end_without_a_hub(
    desk: Desk, core: Core, mode: str, effects: dict[str, int]
) -> None:
    core.booking(mode)
    event = {
        "specversion": "1.0",
        "id": desk.name("file"),
        "type": "payment.submitted",
        "source": "https://demo.example",
    }
    kind = {"content-type": "application/cloudevents+json"}
    body = event | {"data": {"file": text(desk, "below")}}
    assert desk.api.post("events/", json=body, headers=kind).status_code == 202
    assert eventually(lambda: core.happened() == effects, seconds=SECONDS)
