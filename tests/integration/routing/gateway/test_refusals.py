"""What the gateway refuses: in OpenAI's shape, with the right status, and without writing or spending anything."""

import socket
from typing import Any

import httpx
import openai
import pytest

from tests.cast import committed
from tests.gateway import Gateway, Key, read_answer
from tests.integration.routing.gateway.conftest import Bank, eventually
from tests.sandbox import SandboxServer

pytestmark = committed

HELLO = [{"role": "user", "content": "Good morning"}]


def post(gateway: Gateway, key: Key | str, *, path: str = "/v1/chat/completions", **request: Any) -> httpx.Response:
    headers = request.pop("headers", {})
    if key:
        headers["authorization"] = f"Bearer {key if isinstance(key, str) else key.secret}"
    return httpx.post(f"{gateway.url}{path}", headers=headers, timeout=30, **request)


def refused(answer: httpx.Response) -> tuple[int, str | None]:
    error = answer.json()["error"]
    assert {"message", "type", "param", "code"} <= set(error)
    assert answer.headers["x-request-id"]
    return answer.status_code, error["code"]


@pytest.mark.parametrize("key", ["", "sk-orc-garbage", "sk-orc-" + "0" * 46])
def test_a_key_that_is_none_is_refused(gateway: Gateway, bank: Bank, key: str) -> None:
    answer = post(gateway, key, json={"model": "chat", "messages": HELLO})

    assert refused(answer) == (401, "invalid_api_key")
    assert answer.headers["x-should-retry"] == "false"
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_is_refused_within_a_second(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small")
    client = gateway.client(bank.key)
    client.chat.completions.create(model="chat", messages=HELLO, max_tokens=5)
    with bank.acting():
        bank.world.revoke(bank.key)

    def code() -> Any:
        return post(gateway, bank.key, json={"model": "chat", "messages": HELLO}).json().get("error", {}).get("code")

    def listed() -> int:
        return httpx.get(f"{gateway.url}/v1/models", headers={"authorization": f"Bearer {bank.key.secret}"}).status_code

    assert eventually(listed, lambda found: found == 401, seconds=1) == 401
    assert code() == "key_revoked"
    with pytest.raises(openai.AuthenticationError):
        client.models.list()


def test_a_route_outside_the_allow_list_is_forbidden_and_an_unknown_one_not_found(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small")
    with bank.acting():
        narrow = bank.world.key("narrow", models=["other"])

    assert refused(post(gateway, narrow, json={"model": "chat", "messages": HELLO})) == (403, "model_not_allowed")
    assert refused(post(gateway, bank.key, json={"model": "nope", "messages": HELLO})) == (404, "model_not_found")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"{", None),
        (b"[]", "model"),
        (b'{"messages":[]}', "model"),
        (b'{"model":7}', "model"),
        (b'{"model":"chat"}', "messages"),
        (b'{"model":"chat","messages":[]}', "messages"),
        (b'{"model":"chat","messages":[{"role":"user","content":"x"}],"n":"two"}', "n"),
        (b'{"model":"chat","messages":[{"role":"user","content":"x"}],"bogus":1}', "bogus"),
        (b'{"model":"chat","messages":[{"role":"user","content":"x"}],"max_tokens":0}', "max_tokens"),
    ],
)
def test_malformed_requests_are_the_clients_fault_and_leave_no_trace(
    gateway: Gateway, bank: Bank, sandbox: SandboxServer, body: bytes, param: str | None
) -> None:
    bank.route("chat", "sandbox-small")

    answer = post(gateway, bank.key, content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    assert bank.rows("routing_usagerecord") == bank.rows("keys_ledgerentry") == []
    assert sandbox.counts()["calls"] == 0


def test_paths_methods_sizes_and_types_have_their_statuses(gateway: Gateway, bank: Bank) -> None:
    huge = b'{"x":"' + b"x" * 11_000_000 + b'"}'
    json_type = {"content-type": "application/json"}

    assert refused(post(gateway, bank.key, path="/v1/nothing", json={})) == (404, "unknown_url")
    assert refused(post(gateway, bank.key, path="/v1/models", json={})) == (405, "method_not_allowed")
    assert refused(httpx.get(f"{gateway.url}/v1/chat/completions")) == (405, "method_not_allowed")
    assert refused(post(gateway, bank.key, content=huge, headers=json_type)) == (413, "request_too_large")
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert refused(post(gateway, bank.key, content=b"a=1", headers=form)) == (415, "unsupported_media_type")


def test_a_client_that_leaves_before_its_body_is_complete_costs_nothing(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small")
    with socket.create_connection(("127.0.0.1", gateway.port)) as sock:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {bank.key.secret}\r\n"
        sock.sendall(head.encode() + b"content-type: application/json\r\ncontent-length: 1000\r\n\r\n{")

    assert post(gateway, bank.key, json={"model": "nope", "messages": HELLO}).status_code == 404
    assert bank.rows("keys_ledgerentry") == []


def test_an_exhausted_budget_names_the_limit(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small")
    with bank.acting():
        limit = bank.world.limit(1, key=bank.key)

    with pytest.raises(openai.RateLimitError) as caught:
        gateway.client(bank.key).chat.completions.create(model="chat", messages=HELLO, max_tokens=5)

    error = caught.value.body
    assert isinstance(error, dict)
    assert (error["type"], error["code"]) == ("insufficient_quota", "project_spend_limit_exceeded")
    assert (error["limit_id"], error["scope"]) == (str(limit.id), "virtual_key")
    assert (error["spent"], error["limit"]) == ("0", "0.000000001")
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert bank.records(1)[0]["error_code"] == "project_spend_limit_exceeded"


def test_a_request_quota_counts_admitted_calls_only(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small")
    with bank.acting():
        bank.world.limit(2, meter="requests", window="day", key=bank.key)
    body = {"model": "chat", "messages": HELLO, "max_tokens": 5}

    answers = [post(gateway, bank.key, json=body) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert refused(answers[-1]) == (429, "rate_limit_exceeded")
    assert int(answers[-1].headers["retry-after"]) > 0
    assert answers[-1].headers["x-ratelimit-remaining-requests"] == "0"


def test_a_prompt_beyond_every_context_window_says_so_in_the_known_words(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small")
    long = [{"role": "user", "content": "word " * 20_000}]

    with pytest.raises(openai.BadRequestError, match="maximum context length") as caught:
        gateway.client(bank.key).chat.completions.create(model="chat", messages=long)

    assert caught.value.code == "context_length_exceeded"


def test_an_unpriced_model_is_refused_under_a_hard_budget(gateway: Gateway, bank: Bank, sandbox: SandboxServer) -> None:
    with bank.acting():
        bank.world.route("chat", bank.world.deployment("sandbox-small", price=None))

    answer = post(gateway, bank.key, json={"model": "chat", "messages": HELLO})

    assert refused(answer) == (403, "model_not_priced")
    assert sandbox.counts()["calls"] == 0


def test_a_private_address_is_never_called_unless_the_operator_allows_it(gateway: Gateway, bank: Bank) -> None:
    with bank.acting():
        inside = bank.world.provider(name="inside", base_url="https://169.254.169.254/v1")
        bank.world.route("chat", bank.world.deployment("m", provider=inside))

    answer = post(gateway, bank.key, json={"model": "chat", "messages": HELLO})

    assert refused(answer) == (502, "upstream_error")
    assert [kind for kind, _, _ in bank.settled()] == ["released"]


def test_probes_and_metrics_need_no_key(gateway: Gateway) -> None:
    assert httpx.get(f"{gateway.url}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{gateway.url}/readyz").status_code == 200
    assert "orchestration_requests_total" in httpx.get(f"{gateway.url}/metrics").text


def test_bytes_that_are_no_http_do_not_reach_the_application(gateway: Gateway) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=2) as sock:
        sock.sendall(b"\x00\xff\x00garbage\r\n\r\n")
        assert b" 200 " not in read_answer(sock)
