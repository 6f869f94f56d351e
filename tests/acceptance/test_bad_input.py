"""Bad input: the right status in the caller's own protocol, and nothing written."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.system import Desk

GOOD = {"model": "exact", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 5}
CHAT = "/v1/chat/completions"
COUNTED = ("keys_ledgerentry", "keys_virtualkey", "keys_limit", "routing_provider", "routing_deployment",
           "routing_route", "tenants_unit", "tenants_auditentry")  # fmt: skip
SETTLED_SECONDS = 10


def counts(desk: Desk) -> dict[str, int]:
    return {table: desk.rows(f"select count(*) from {table}")[0][0] for table in COUNTED}


def holds(desk: Desk) -> set[Any]:
    return {row[0] for row in desk.rows("select id from keys_hold")}


@pytest.fixture(scope="module")
def settled(desk: Desk) -> None:
    """What tests of other modules asked for is over, but for holds of a killed gateway, which last for minutes."""
    deadline = time.monotonic() + SETTLED_SECONDS
    while holds(desk) and time.monotonic() < deadline:
        time.sleep(0.1)


@pytest.fixture
def unwritten(desk: Desk, settled: None) -> Iterator[None]:
    """Nothing that counts has more rows afterwards."""
    held, before = holds(desk), counts(desk)
    yield
    left, after = holds(desk), counts(desk)
    assert left <= held
    if left < held:  # an old hold was given up meanwhile, which is written to the ledger
        before.pop("keys_ledgerentry"), after.pop("keys_ledgerentry")
    assert after == before


@pytest.mark.usefixtures("unwritten")
@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"model": 7}', 400),
        (b'{"messages": []}', 400),
        (b'{"model": "exact"}', 400),
        (b'{"model": "exact", "messages": []}', 400),
        (b'{"model": "exact", "messages": "hi"}', 400),
        (b'{"model": "exact", "messages": [{"role": "user", "content": "x"}], "max_tokens": "many"}', 400),
        (b'{"model": "exact", "messages": [{"role": "user", "content": "x"}], "stream": "yes"}', 400),
        (b'{"model": "exact", "messages": [{"role": "user", "content": "x"}], "max_tokens": -1}', 400),
        (b"\xff\xfe{}", 400),
        (b'{"model": "no-such-route", "messages": [{"role": "user", "content": "x"}]}', 404),
        (b"[" * 5000, 400),
    ],
)
def test_a_malformed_call_is_refused_as_openai_would(desk: Desk, content: bytes, status: int) -> None:
    headers = {"authorization": f"Bearer {desk.info['virtual_key']}", "content-type": "application/json"}
    answer = httpx.post(desk.info["gateway_url"] + CHAT, content=content, headers=headers, verify=False)
    assert answer.status_code == status, answer.text
    assert set(answer.json()["error"]) >= {"message", "type", "param", "code"}
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.headers["x-request-id"]


@pytest.mark.usefixtures("unwritten")
@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer x", "Basic dTpw", "Bearer sk-orc-" + "a" * 46, "Bearer " + "k" * 5000, "Bearer \xe9"],
)
def test_what_is_no_key_is_refused_before_anything_is_read(desk: Desk, authorization: str) -> None:
    headers = {"authorization": authorization.encode("latin-1")} if authorization else {}
    answer = httpx.post(desk.info["gateway_url"] + CHAT, json=GOOD, headers=headers, verify=False)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
    assert answer.headers["x-should-retry"] == "false"


@pytest.mark.usefixtures("unwritten")
@pytest.mark.parametrize(
    ("method", "path", "kind", "status"),
    [
        ("GET", CHAT, "application/json", 405),
        ("POST", "/v1/models", "application/json", 405),
        ("POST", "/v1/nothing", "application/json", 404),
        ("POST", "/", "application/json", 404),
        ("POST", CHAT, "text/plain", 415),
        ("POST", CHAT, "multipart/form-data; boundary=x", 415),
    ],
)
def test_unknown_paths_methods_and_media_types_have_their_status(
    desk: Desk, method: str, path: str, kind: str, status: int
) -> None:
    headers = {"authorization": f"Bearer {desk.info['virtual_key']}", "content-type": kind}
    answer = httpx.request(method, desk.info["gateway_url"] + path, content=b"{}", headers=headers, verify=False)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


@pytest.mark.usefixtures("unwritten")
@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("virtual-keys/", {"name": "x", "unit_id": "no"}, 400),
        ("virtual-keys/", {"name": "x", "colour": "blue"}, 400),
        ("limits/", {"name": "x", "meter": "cost", "window": "month", "amount": "-1"}, 400),
        ("limits/", {"name": "x", "meter": "cost", "window": "eon", "amount": "1"}, 400),
        ("units/", [], 400),
        ("units/", "text", 400),
        ("providers/", {"name": "x", "kind": "none", "base_url": "http://127.0.0.1:1"}, 400),
        ("routes/", {"name": "x", "spec": {"strategy": "luck", "candidates": []}}, 400),
        ("nothing/", {}, 404),
    ],
)
def test_the_api_answers_a_faulty_body_with_a_problem(desk: Desk, path: str, body: Any, status: int) -> None:
    answer = desk.api.post(path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["code"]


@pytest.mark.usefixtures("unwritten")
def test_the_api_refuses_broken_json_unknown_parameters_and_tokens(desk: Desk) -> None:
    broken = desk.api.post("units/", content=b'{"name": ', headers={"content-type": "application/json"})
    unknown = desk.api.get("virtual-keys/", params={"colour": "blue"})
    cursor = desk.api.get("virtual-keys/", params={"cursor": "broken"})
    nobody = desk.api.get("units/", headers={"authorization": "Bearer orc-api-nothing"})
    assert [answer.status_code for answer in (broken, unknown, cursor, nobody)] == [400, 400, 400, 401]
    for answer in (broken, unknown, cursor, nobody):
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_form_without_its_token_gets_our_page(desk: Desk) -> None:
    answer = httpx.post(f"{desk.info['base_url']}/accounts/login/", data={"login": "x"}, verify=False)
    assert answer.status_code == 403
    assert "The page was open too long" in answer.text
