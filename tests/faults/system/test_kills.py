"""A gateway killed at any point of a call: nothing that may have been spent comes back before its hold expires, then
it is booked in full; every hold ends once; the books balance."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.gateway import Gateway, running_gateway
from tests.sandbox import SandboxServer
from tests.system import Desk, Up, alive, call, eventually, running_up

TOKENS, CALL_NANO, BUDGET = 100, 100_000, "0.001"
PLACES = [
    "gateway.hold.before", "gateway.hold.after", "gateway.upstream.before", "gateway.upstream.after",
    "gateway.stream.first_byte", "gateway.settle.before", "gateway.settle.after",
]  # fmt: skip


@contextmanager
def armed(up: Up, failpoints: str) -> Iterator[Gateway]:
    """A gateway with failpoints, which may kill it."""
    services = up.services()
    variables = {"DATA_DIR": str(up.data_dir), "ENVIRONMENT": "test", "FAILPOINTS": failpoints}
    with running_gateway(services.gateway_url, services.redis_url, variables=variables) as gateway:
        yield gateway


def attempt(gateway: Gateway, key: dict[str, Any], route: str, **options: Any) -> int:
    """Status of a call, 0 when the gateway was gone."""
    try:
        status = call(gateway.url, key["secret"], route, max_tokens=TOKENS, **options).status_code
    except httpx.TransportError:
        return 0
    time.sleep(0.1)  # settlements linger to be written together; here each shall be one of its own
    return status


def read_until_killed(gateway: Gateway, body: dict[str, Any], secret: str, seen: list[str]) -> None:
    """Read a stream whose gateway is killed after its first line."""
    options = {"json": body, "headers": {"authorization": f"Bearer {secret}"}, "timeout": 30}
    with httpx.stream("POST", f"{gateway.url}/v1/chat/completions", **options) as answer:
        for line in answer.iter_lines():
            if not seen:
                gateway.kill()
            seen.append(line)


def period(desk: Desk, limit: dict[str, Any]) -> tuple[int, int]:
    """(committed, held) of a limit."""
    rows = desk.rows("select committed, held from keys_limitperiod where limit_id = %s", limit["id"])
    return rows[0] if rows else (0, 0)  # type: ignore[return-value]


def overdue(desk: Desk, key: dict[str, Any]) -> None:
    """Let the key's holds be due, and wait for the sweeper of the running system to end them."""
    desk.rows(
        "update keys_hold set admitted_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'"
        " where virtual_key_id = %s returning id",
        key["id"],
    )
    assert eventually(lambda: not desk.held(key), seconds=15), "the sweeper ended no hold"


def test_a_kill_in_mid_stream_gives_nothing_back_until_the_hold_expires(
    desk: Desk, up: Up, models: SandboxServer
) -> None:
    route = desk.route(desk.provider(f"{models.url}/v1"), "sandbox-slow-9000")
    key = desk.key()
    limit = desk.budget(key, "1")
    body = {"model": route, "messages": [{"role": "user", "content": "Go on"}], "max_tokens": 2000, "stream": True}
    seen: list[str] = []
    with armed(up, "") as gateway, pytest.raises(httpx.TransportError):
        read_until_killed(gateway, body, key["secret"], seen)
    assert seen
    assert "data: [DONE]" not in seen
    held = desk.held(key)
    assert period(desk, limit) == (0, sum(held))
    overdue(desk, key)
    assert desk.ended(key) == [("expired", held[0], held[0])]
    assert period(desk, limit) == (held[0], 0)


@pytest.mark.faults
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("place", PLACES)
def test_killed_at_each_point_the_invariants_hold(
    desk: Desk, up: Up, models: SandboxServer, record_property: Any, place: str, stream: bool
) -> None:
    models.reset()
    route = desk.route(desk.provider(f"{models.url}/v1"), "sandbox-exact", prices={"sandbox-exact": ("0", "1")})
    key = desk.key()
    limit = desk.budget(key, BUDGET)
    with armed(up, f"{place}=kill@3") as gateway:
        codes = [attempt(gateway, key, route, stream=stream, prompt=f"Number {n}") for n in range(4)]
    counted = models.counts("sandbox-exact")["calls"] * CALL_NANO
    committed, held = period(desk, limit)
    assert counted <= committed + held <= 10 * CALL_NANO
    overdue(desk, key)
    with armed(up, "") as gateway:  # the rest of the budget is worth what is left, and not a call more
        more = [attempt(gateway, key, route, stream=stream, prompt=f"More {n}") for n in range(12)]
    ends = desk.ended(key)
    assert (codes[-1] == 0) is not (place == "gateway.stream.first_byte" and not stream), "killed, where it passes by"
    record_property("statuses", codes)
    record_property("ends", sorted({kind for kind, _, _ in ends}))
    assert more.count(200) == 10 - (committed + held) // CALL_NANO
    assert period(desk, limit) == (10 * CALL_NANO, 0)
    once = "select count(*), count(distinct hold_id) from keys_ledgerentry where virtual_key_id = %s"
    assert desk.rows(once, key["id"]) == [(len(ends), len(ends))]
    assert models.counts("sandbox-exact")["calls"] * CALL_NANO <= 10 * CALL_NANO
    assert desk.up.manage("ledger_check").returncode == 0


@pytest.mark.faults
def test_killed_again_and_again_under_load_the_limit_is_never_passed(desk: Desk, up: Up, models: SandboxServer) -> None:
    models.reset()
    route = desk.route(desk.provider(f"{models.url}/v1"), "sandbox-exact", prices={"sandbox-exact": ("0", "1")})
    key = desk.key()
    limit = desk.budget(key, BUDGET)
    for place in ("gateway.upstream.after=kill@2", "gateway.settle.before=kill@2", "gateway.hold.after=kill@3"):
        with armed(up, place) as gateway:
            for number in range(5):
                attempt(gateway, key, route, prompt=f"{place} {number}")
        committed, held = period(desk, limit)
        assert models.counts("sandbox-exact")["calls"] * CALL_NANO <= committed + held <= 10 * CALL_NANO
    overdue(desk, key)
    assert period(desk, limit)[1] == 0
    assert desk.up.manage("ledger_check").returncode == 0


@pytest.mark.faults
def test_a_killed_up_leaves_no_orphan() -> None:
    with running_up() as up:
        assert up.process is not None
        pids = up.pids()
        assert len(pids) > 10
        up.process.kill()
        up.process.wait()
        gone = eventually(lambda: not [pid for pid in pids if alive(pid)], seconds=20)
        assert gone, up.pids()
        assert up.listening() == []
