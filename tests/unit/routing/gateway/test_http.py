"""The HTTP side of a request: bodies within size and time."""

import asyncio
import time
from typing import Any

import pytest

from routing.gateway.errors import WireError
from routing.gateway.http import BODY_SECONDS, MAX_BODY_BYTES, ClientGone, HttpRequest


def request_with(*messages: dict[str, Any], stalls: bool = False, **headers: str) -> HttpRequest:
    """A request whose body comes in these messages, and then not at all if it stalls."""
    left = list(messages)

    async def receive() -> dict[str, Any]:
        if not left and stalls:
            await asyncio.Event().wait()
        return left.pop(0)

    async def send(message: dict[str, Any]) -> None:
        raise AssertionError(message)

    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"method": "POST", "path": "/", "headers": encoded}
    return HttpRequest(scope, receive, send, request_id=b"1")


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def refusal_of(http: HttpRequest) -> int:
    with pytest.raises(WireError) as caught:
        await http.json_body()
    return caught.value.status


async def test_a_body_is_put_together_from_its_parts() -> None:
    assert await request_with(part(b"{", more=True), part(b"}")).json_body() == b"{}"


async def test_a_body_beyond_the_limit_is_refused_by_its_length_or_by_its_bytes() -> None:
    chunk = part(b"x" * (MAX_BODY_BYTES // 2 + 1), more=True)

    assert await refusal_of(request_with(content_length=str(MAX_BODY_BYTES + 1))) == 413
    assert await refusal_of(request_with(chunk, chunk)) == 413


@pytest.mark.parametrize("headers", [{"content_type": "text/plain"}, {"content_encoding": "gzip"}])
async def test_what_is_not_declared_as_plain_json_is_refused(headers: dict[str, str]) -> None:
    assert await refusal_of(request_with(part(b"{}"), **headers)) == 415


async def test_a_body_that_stalls_is_refused_when_its_time_is_up() -> None:
    http = request_with(part(b"{", more=True), stalls=True)
    reading = asyncio.ensure_future(refusal_of(http))
    await asyncio.sleep(0)

    http.end_late_body(time.monotonic())
    http.end_late_body(time.monotonic() + BODY_SECONDS + 1)

    assert await reading == 408


async def test_a_client_that_leaves_is_no_error_of_anybody() -> None:
    with pytest.raises(ClientGone):
        await request_with(part(b"{", more=True), {"type": "http.disconnect"}).json_body()
