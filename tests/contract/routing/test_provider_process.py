"""Anthropic behind the OpenAI wire: the official OpenAI client sees what it would see at OpenAI."""

import json
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest

from routing.domain.providers import KINDS, request_target
from tests.provider_process import start_provider_process
from tests.sandbox import SandboxServer

HELLO = [{"role": "user", "content": "Which branch approves a loan of 4 million?"}]
BALANCE = {
    "type": "function",
    "function": {"name": "balance", "parameters": {"type": "object", "properties": {"account": {"type": "string"}}}},
}


class Caller:
    """Calls the provider process as the gateway does, through the official client."""

    def __init__(self, path: Path, server: SandboxServer) -> None:
        self._server = server
        http = httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), timeout=30)
        self.client = openai.OpenAI(base_url="http://provider/v1", api_key="unused", max_retries=0, http_client=http)

    def ask(self, model: str, *, key: str = "some-key", base_url: str = "", timeout: float = 30, **body):
        target = request_target(
            KINDS["anthropic"], "/chat/completions", base_url=base_url or self._server.url, model=model, credential=key
        )
        body = {"messages": HELLO, **body}
        return self.client.with_options(timeout=timeout).chat.completions.create(
            model="route", extra_headers=target.headers, **body
        )


@pytest.fixture
def caller(provider_socket: Path, sandbox: SandboxServer) -> Iterator[Caller]:
    made = Caller(provider_socket, sandbox)
    with made.client:
        yield made


def test_the_socket_is_for_its_owner_only(provider_socket: Path):
    assert stat.S_IMODE(provider_socket.stat().st_mode) == 0o600


def test_it_starts_again_after_it_was_killed():
    path = Path(tempfile.mkdtemp(prefix="pp", dir="/tmp"), "s")
    for _ in range(2):
        process = start_provider_process(path, egress_allow="")
        process.kill()
        process.wait()

    assert path.is_socket()
    shutil.rmtree(path.parent)


def test_health_names_the_library(provider_socket: Path):
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(provider_socket))) as client:
        assert client.get("http://provider/health").json()["status"] == "ok"
        assert client.get("http://provider/else").status_code == 404


def test_a_plain_answer(caller: Caller, sandbox: SandboxServer):
    answer = caller.ask("sandbox-small")

    assert answer.choices[0].message.content.startswith("Sandbox answer")
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.completion_tokens == sandbox.counts("sandbox-small")["output_tokens"]
    assert sandbox.requests()[-1]["path"] == "/v1/messages"


def test_a_stream_ends_with_its_usage(caller: Caller):
    plain = caller.ask("sandbox-small")
    chunks = list(caller.ask("sandbox-small", stream=True))

    assert "".join(c.choices[0].delta.content or "" for c in chunks[:-1]) == plain.choices[0].message.content
    assert (chunks[-1].choices, chunks[-2].choices[0].finish_reason) == ([], "stop")
    assert chunks[-1].usage.total_tokens == plain.usage.total_tokens


@pytest.mark.parametrize("stream", [False, True])
def test_usage_is_split_into_cached_written_and_reasoning(caller: Caller, stream: bool):
    answer = caller.ask(
        "sandbox-cached-50+cachewrite-25+reasoning-9", messages=[{"role": "user", "content": "x" * 400}], stream=stream
    )
    usage = list(answer)[-1].usage if stream else answer.usage

    assert usage.prompt_tokens == 100
    assert (usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens_details.cache_write_tokens) == (50, 25)
    assert usage.completion_tokens_details.reasoning_tokens == 9


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_called(caller: Caller, stream: bool):
    answer = caller.ask("sandbox-small", tools=[BALANCE], stream=stream)
    if stream:
        calls = [c.choices[0].delta.tool_calls[0] for c in answer if c.choices and c.choices[0].delta.tool_calls]
        name, arguments = calls[0].function.name, "".join(call.function.arguments or "" for call in calls)
    else:
        function = answer.choices[0].message.tool_calls[0].function
        name, arguments = function.name, function.arguments

    assert name == "balance"
    assert "account" in json.loads(arguments)


@pytest.mark.parametrize(
    "response_format",
    [
        {"type": "json_object"},
        {
            "type": "json_schema",
            "json_schema": {"name": "r", "schema": {"type": "object", "properties": {"answer": {"type": "string"}}}},
        },
    ],
)
def test_json_mode_answers_json(caller: Caller, response_format: dict):
    answer = caller.ask("sandbox-small", response_format=response_format)

    assert isinstance(json.loads(answer.choices[0].message.content), dict)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("status", "seen", "code", "retry"),
    [
        (400, 400, "invalid_request", "false"),
        (401, 401, "invalid_api_key", "false"),
        (402, 402, "insufficient_quota", "false"),
        (403, 403, "permission_denied", "false"),
        (404, 404, "model_not_found", "false"),
        (413, 413, "request_too_large", "false"),
        (429, 429, "rate_limit_exceeded", "true"),
        (500, 500, "upstream_error", "true"),
        (503, 503, "upstream_unavailable", "true"),
        (504, 504, "upstream_timeout", "true"),
        (529, 529, "upstream_overloaded", "true"),
    ],
)
def test_errors_have_openais_shape(caller: Caller, status: int, seen: int, code: str, retry: str, stream: bool):
    with pytest.raises(openai.APIStatusError) as caught:
        caller.ask(f"sandbox-fail-{status}", stream=stream)

    assert (caught.value.status_code, caught.value.code) == (seen, code)
    assert caught.value.response.headers["x-should-retry"] == retry
    assert caught.value.body["message"] == f"The sandbox was asked to answer {status}."
    assert ("retry-after" in caught.value.response.headers) == (status in (429, 503))


def test_a_library_retry_never_doubles_a_call(caller: Caller, sandbox: SandboxServer):
    with pytest.raises(openai.APIStatusError):
        caller.ask("sandbox-fail-500")

    assert sandbox.counts("sandbox-fail-500")["calls"] == 1


def test_a_wrong_key_is_refused(caller: Caller):
    with pytest.raises(openai.AuthenticationError):
        caller.ask("sandbox-small", key="bad-key")


def test_a_context_overflow_is_recognised(caller: Caller):
    with pytest.raises(openai.BadRequestError, match="maximum context length") as caught:
        caller.ask("sandbox-context-10", messages=[{"role": "user", "content": "x" * 400}])

    assert caught.value.code == "context_length_exceeded"


def test_an_unreachable_provider_was_sent_nothing(caller: Caller):
    with pytest.raises(openai.APIStatusError) as caught:
        caller.ask("sandbox-small", base_url="http://127.0.0.1:9")

    assert (caught.value.status_code, caught.value.code) == (503, "upstream_unreachable")


def test_an_answer_that_breaks_off_may_have_been_billed(caller: Caller):
    with pytest.raises(openai.APIStatusError) as caught:
        caller.ask("sandbox-cut-1")

    assert (caught.value.status_code, caught.value.code) == (502, "upstream_answer_broken")


@pytest.mark.parametrize("base_url", ["http://10.0.0.1", "https://169.254.169.254", "https://localhost", "file:///etc"])
def test_an_address_that_may_not_be_called_is_not_called(caller: Caller, base_url: str):
    with pytest.raises(openai.APIStatusError) as caught:
        caller.ask("sandbox-small", base_url=base_url)

    assert caught.value.code == "upstream_forbidden"


@pytest.mark.parametrize("model", ["sandbox-cut-2", "sandbox-noend-2", "sandbox-error-2"])
def test_a_broken_stream_never_looks_complete(caller: Caller, model: str):
    seen = []
    with pytest.raises(openai.APIError) as caught:
        seen.extend(caller.ask(model, stream=True))

    assert caught.value.code == "upstream_stream_broken"


def test_a_broken_stream_has_no_end_mark_and_no_invented_finish(provider_socket: Path, sandbox: SandboxServer):
    target = request_target(
        KINDS["anthropic"], "/chat/completions", base_url=sandbox.url, model="sandbox-noend-2", credential="k"
    )
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(provider_socket))) as client:
        answer = client.post(target.url, json={"messages": HELLO, "stream": True}, headers=target.headers)

    assert "[DONE]" not in answer.text
    assert '"finish_reason": "stop"' not in answer.text
    assert answer.text.count("Sandbox answer") == 1


@pytest.mark.parametrize(
    ("model", "stream"), [("sandbox-hang", False), ("sandbox-hang", True), ("sandbox-stall-1", True)]
)
def test_when_the_caller_leaves_the_provider_is_left_too(
    caller: Caller, sandbox: SandboxServer, model: str, stream: bool
):
    with pytest.raises((openai.APITimeoutError, httpx.ReadTimeout)):
        list(caller.ask(model, stream=stream, timeout=2))  # long enough to have reached the provider on a busy machine

    deadline = time.monotonic() + 15
    while not sandbox.counts(model)["cancelled"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (sandbox.counts(model)["cancelled"], sandbox.counts(model)["concurrent"]) == (1, 0)


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"messages": []}', b'{"messages": [{}], "api_base": "http://x"}'])
def test_a_malformed_call_reaches_no_provider(provider_socket: Path, sandbox: SandboxServer, content: bytes):
    target = request_target(KINDS["anthropic"], "/chat/completions", base_url=sandbox.url, model="m", credential="k")
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(provider_socket))) as client:
        answer = client.post(target.url, content=content, headers=target.headers)

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert sandbox.requests() == []
