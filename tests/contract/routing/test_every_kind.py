"""What holds for a call to any kind of provider. One contract, run over every kind in the catalogue."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from routing.adapters.openai_wire import WireClient
from routing.domain.providers import KINDS
from routing.domain.retry import classify, is_ambiguous
from routing.domain.usage import Usage, usage_from_openai
from routing.gateway.upstream_faults import UpstreamFault, broken, read_fault
from routing.ports import Deadlines, UpstreamBroken, UpstreamTimeout, UpstreamUnreachable
from tenants.egress import EgressPolicy, parse_allow
from tests.contract.routing.upstreams import NOBODY, SETTINGS, Upstream, text_of
from tests.sandbox import SandboxServer

X400 = [{"role": "user", "content": "x" * 400}]
SPLIT = "sandbox-cached-50+cachewrite-25+reasoning-9"
BALANCE = {
    "type": "function",
    "function": {"name": "balance", "parameters": {"type": "object", "properties": {"account": {"type": "string"}}}},
}
SCHEMA = {"name": "r", "schema": {"type": "object", "properties": {"answer": {"type": "string"}}}}
HASTY = Deadlines(connect=5, first_byte=0.4, idle=0.4, total=10)


@pytest.fixture(params=sorted(KINDS))
async def upstream(request, sandbox: SandboxServer, provider_socket: Path) -> AsyncIterator[Upstream]:
    policy = EgressPolicy(parse_allow(["127.0.0.1:*"]))
    client = WireClient(policy, process_socket=str(provider_socket))
    yield Upstream(client, SETTINGS[request.param], sandbox.url)
    await client.close()


async def fault_of(upstream: Upstream, model: str, **options) -> UpstreamFault:
    """What the gateway makes of a call that fails before an answer begins."""
    try:
        status, headers, body = await upstream.read(model, **options)
    except UpstreamUnreachable:
        return broken("connect")
    except UpstreamBroken:
        return broken("cut")
    assert status != 200
    return read_fault(status, headers, body, now_seconds=time.time())


async def test_a_plain_answer_has_text_and_the_usage_that_the_provider_counted(
    upstream: Upstream, sandbox: SandboxServer
):
    answer = await upstream.answer("sandbox-small")

    assert answer["object"] == "chat.completion"
    assert answer["choices"][0]["message"]["content"].startswith("Sandbox answer")
    assert answer["choices"][0]["finish_reason"] == "stop"
    used, counted = usage_from_openai(answer["usage"]), sandbox.counts("sandbox-small")
    assert (used.input, used.output) == (counted["input_tokens"], counted["output_tokens"])


async def test_a_stream_says_the_same_and_ends_with_usage(upstream: Upstream):
    plain = await upstream.answer("sandbox-small")
    stream, chunks = await upstream.stream("sandbox-small")

    assert stream.done
    assert text_of(chunks) == plain["choices"][0]["message"]["content"]
    assert usage_from_openai(stream.usage) == usage_from_openai(plain["usage"])
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}


@pytest.mark.parametrize("stream", [False, True])
async def test_usage_is_split_into_buckets_that_do_not_overlap(
    upstream: Upstream, stream: bool, sandbox: SandboxServer
):
    if stream:
        raw = (await upstream.stream(SPLIT, messages=X400))[0].usage
    else:
        raw = (await upstream.answer(SPLIT, messages=X400))["usage"]

    output = sandbox.counts(SPLIT)["output_tokens"]
    assert usage_from_openai(raw) == Usage(input=25, cached_input=50, cache_write=25, output=output - 9, reasoning=9)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_tool_is_called(upstream: Upstream, stream: bool):
    if stream:
        _, chunks = await upstream.stream("sandbox-small", tools=[BALANCE])
        calls = [call for c in chunks for choice in c["choices"] for call in choice["delta"].get("tool_calls") or []]
        name, arguments = calls[0]["function"]["name"], "".join(c["function"].get("arguments") or "" for c in calls)
    else:
        answer = await upstream.answer("sandbox-small", tools=[BALANCE])
        function = answer["choices"][0]["message"]["tool_calls"][0]["function"]
        name, arguments = function["name"], function["arguments"]

    assert name == "balance"
    assert "account" in json.loads(arguments)


async def test_after_the_tools_result_the_model_answers_in_words(upstream: Upstream):
    asked = (await upstream.answer("sandbox-small", tools=[BALANCE]))["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": asked["tool_calls"][0]["id"], "content": "17"}
    question = {"role": "user", "content": "Balance?"}

    answer = await upstream.answer("sandbox-small", tools=[BALANCE], messages=[question, asked, result])

    assert answer["choices"][0]["message"]["content"].startswith("Sandbox answer")


@pytest.mark.parametrize(
    "response_format",
    [{"type": "json_object"}, {"type": "json_schema", "json_schema": SCHEMA}],
    ids=["object", "schema"],
)
async def test_json_mode_answers_an_object(upstream: Upstream, response_format: dict):
    answer = await upstream.answer("sandbox-small", response_format=response_format)

    assert isinstance(json.loads(answer["choices"][0]["message"]["content"]), dict)


async def test_exactly_max_tokens_are_generated(upstream: Upstream):
    answer = await upstream.answer("sandbox-exact", max_tokens=33)

    assert usage_from_openai(answer["usage"]).output == 33
    assert answer["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (400, "request"),
        (401, "credentials"),
        (403, "credentials"),
        (404, "model_missing"),
        (429, "rate_limited"),
        (500, "server_error"),
        (503, "overloaded"),
        (504, "gateway_error"),
    ],
)
async def test_an_error_status_keeps_its_meaning(upstream: Upstream, status: int, meaning: str, stream: bool):
    fault = await fault_of(upstream, f"sandbox-fail-{status}", stream=stream)

    assert classify(fault.outcome) == meaning
    assert fault.message in (f"The sandbox was asked to answer {status}.", "Unauthorized")
    assert fault.outcome.retry_after_ms == (1000 if status in (429, 503) else None)


async def test_a_wrong_credential_is_a_fault_of_the_credential(upstream: Upstream, sandbox: SandboxServer):
    if upstream.setting.kind == "ollama":  # it has no authentication
        assert await upstream.answer("sandbox-small", credential="bad-key")
        return
    fault = await fault_of(upstream, "sandbox-small", credential="bad-key")

    assert classify(fault.outcome) == "credentials"
    assert sandbox.counts()["calls"] == 0


async def test_a_prompt_that_does_not_fit_is_recognised(upstream: Upstream):
    fault = await fault_of(upstream, "sandbox-context-10", messages=X400)

    assert classify(fault.outcome) == "context_overflow"


async def test_an_unknown_model_is_not_billed(upstream: Upstream):
    fault = await fault_of(upstream, "no-such-model")

    assert classify(fault.outcome) == "model_missing"
    assert not is_ambiguous(fault.outcome)


async def test_a_provider_that_cannot_be_reached_is_not_billed(upstream: Upstream):
    fault = await fault_of(upstream, "sandbox-small", base_url=NOBODY)

    assert not is_ambiguous(fault.outcome)


async def test_an_answer_that_breaks_off_may_have_been_billed(upstream: Upstream):
    fault = await fault_of(upstream, "sandbox-cut-1")

    assert is_ambiguous(fault.outcome)


@pytest.mark.parametrize("model", ["sandbox-cut-2", "sandbox-noend-2", "sandbox-error-2"])
async def test_a_stream_that_breaks_off_never_looks_complete(upstream: Upstream, model: str):
    stream, chunks = await upstream.stream(model)

    assert not stream.done
    assert not any(choice["finish_reason"] for chunk in chunks for choice in chunk["choices"])


async def test_a_silent_provider_is_given_up(upstream: Upstream):
    with pytest.raises(UpstreamTimeout):
        await upstream.send("sandbox-hang", deadlines=HASTY)


async def test_a_stream_that_falls_silent_is_given_up(upstream: Upstream):
    deadlines = Deadlines(connect=5, first_byte=10, idle=0.4, total=20)
    reply = await upstream.send("sandbox-stall-2", stream=True, deadlines=deadlines)
    await reply.chunk()
    reply.began()

    with closing(reply), pytest.raises(UpstreamTimeout, match="in time"):
        async with asyncio.timeout(5):
            await reply.read()


async def test_closing_a_stream_ends_the_providers_work(upstream: Upstream, sandbox: SandboxServer):
    reply = await upstream.send("sandbox-chunks-1000-20", stream=True)
    await reply.chunk()
    reply.close()

    for _ in range(100):
        if not sandbox.counts("sandbox-chunks-1000-20")["concurrent"]:
            break
        await asyncio.sleep(0.05)
    assert sandbox.counts("sandbox-chunks-1000-20")["cancelled"] == 1


async def test_one_send_is_one_call(upstream: Upstream, sandbox: SandboxServer):
    await fault_of(upstream, "sandbox-fail-500")

    assert sandbox.counts("sandbox-fail-500")["calls"] == 1


async def test_nothing_of_ours_leaks_to_the_provider(upstream: Upstream, sandbox: SandboxServer):
    request = upstream.request("sandbox-small")
    await (await upstream.client.send(request)).read()

    received = sandbox.requests()[-1]
    assert not [name for name in received["headers"] if name.startswith("x-orchestration")]
    if upstream.wire == "openai":
        assert received["body"].encode() == request.body


def test_every_kind_of_the_catalogue_is_under_contract():
    assert set(SETTINGS) == set(KINDS)
