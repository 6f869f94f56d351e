"""A revoked key gets 401 within a second: on every gateway, for cached answers, in open streams, and when connections
to the database freeze."""

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.gateway import Gateway, running_gateway
from tests.proxy import FreezingProxy, freezing_proxy
from tests.sandbox import SandboxServer
from tests.system import Desk, Up, call, eventually

OBEYED_SECONDS = 1.0


@pytest.fixture(scope="module")
def proxy(up: Up) -> Iterator[FreezingProxy]:
    with freezing_proxy(up.services().gateway_url) as between:
        yield between


@pytest.fixture(scope="module")
def behind(up: Up, proxy: FreezingProxy) -> Iterator[Gateway]:
    """A gateway whose connections to the database can be frozen."""
    variables = {"DATA_DIR": str(up.data_dir), "ENVIRONMENT": "development"}
    with running_gateway(proxy.url, up.services().redis_url, variables=variables) as gateway:
        yield gateway


@pytest.fixture
def quick(desk: Desk, models: SandboxServer) -> str:
    """A cached route that answers at once."""
    return desk.route(desk.provider(f"{models.url}/v1"), "sandbox-slow-1", cache_ttl_seconds=300)


def working(desk: Desk, route: str, *urls: str) -> dict[str, Any]:
    """A fresh key that works on all these gateways."""
    key = desk.key()
    for url in urls:
        assert eventually(lambda url=url: call(url, key["secret"], route).status_code == 200)
    return key


def knows(url: str, key: dict[str, Any], route: str) -> bool:
    """Whether a gateway has read the route."""
    headers = {"authorization": f"Bearer {key['secret']}"}
    return httpx.get(f"{url}/v1/models/{route}", headers=headers, verify=False).status_code == 200


def watch(ask: Callable[[], httpx.Response], *, seconds: float) -> list[tuple[float, int]]:
    """(seconds since the first call when it was sent, status) of calls made one after the other."""
    began, seen = time.monotonic(), []
    while (at := time.monotonic() - began) < seconds:
        seen.append((at, ask().status_code))
    return seen


def late_passes(seen: list[tuple[float, int]]) -> list[float]:
    """When calls still passed that were sent after the second was over."""
    return [at for at, status in seen if status == 200 and at > OBEYED_SECONDS]


def test_every_gateway_refuses_a_revoked_key_within_a_second_cached_answers_too(
    desk: Desk, gateways: list[str], quick: str
) -> None:
    key = working(desk, quick, *gateways)
    assert call(gateways[1], key["secret"], quick).headers["x-orchestration-cache"] == "hit"
    desk.revoke(key)
    for url in gateways:
        seen = watch(lambda url=url: call(url, key["secret"], quick), seconds=1.5)
        assert not late_passes(seen)
        assert seen[-1][1] == 401
    assert call(gateways[0], key["secret"], quick).json()["error"]["code"] == "key_revoked"


def test_an_open_stream_of_a_revoked_key_ends_with_an_error_and_never_looks_complete(
    desk: Desk, gateways: list[str], models: SandboxServer
) -> None:
    route = desk.route(desk.provider(f"{models.url}/v1"), "sandbox-slow-9000")
    key = desk.key()
    assert eventually(lambda: knows(gateways[1], key, route))
    body = {"model": route, "messages": [{"role": "user", "content": "Tell me"}], "max_tokens": 2000, "stream": True}
    options = {"json": body, "headers": {"authorization": f"Bearer {key['secret']}"}, "timeout": 30}
    with httpx.stream("POST", f"{gateways[1]}/v1/chat/completions", **options) as answer:
        lines = answer.iter_lines()
        next(lines)
        desk.revoke(key)
        began = time.monotonic()
        rest = [line for line in lines if line]
        took = time.monotonic() - began
    assert took < OBEYED_SECONDS
    assert '"key_revoked"' in rest[-1]
    assert "data: [DONE]" not in rest
    assert [kind for kind, _, _ in desk.ended(key)] == ["settled"]


@pytest.mark.parametrize("names", [("gateway stamps",), ("gateway reader",)])
def test_a_revoked_key_is_refused_though_one_connection_is_frozen(
    desk: Desk, behind: Gateway, proxy: FreezingProxy, quick: str, names: tuple[str, ...]
) -> None:
    key = working(desk, quick, behind.url)
    with proxy.freeze(*names):
        desk.revoke(key)
        seen = watch(lambda: call(behind.url, key["secret"], quick), seconds=1.8)
    assert not late_passes(seen)
    assert {status for at, status in seen if at > OBEYED_SECONDS} <= {401, 503}
    assert eventually(lambda: call(behind.url, key["secret"], quick).status_code == 401)


def test_with_all_connections_frozen_nothing_passes_and_refusals_are_quick(
    desk: Desk, behind: Gateway, proxy: FreezingProxy, quick: str
) -> None:
    key, other = working(desk, quick, behind.url), working(desk, quick, behind.url)
    with proxy.freeze():
        desk.revoke(key)
        began = time.monotonic()
        seen = watch(lambda: call(behind.url, key["secret"], quick), seconds=2.5)
        slowest = max(after - before for (before, _), (after, _) in pairwise(seen))
        refused = call(behind.url, other["secret"], quick)
    assert not late_passes(seen), f"{time.monotonic() - began:.1f} s"
    assert slowest < 2.5
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "configuration_unavailable")
    assert eventually(lambda: call(behind.url, other["secret"], quick).status_code == 200)
    assert eventually(lambda: call(behind.url, key["secret"], quick).status_code == 401)
