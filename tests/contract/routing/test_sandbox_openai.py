"""The official OpenAI client finds in the sandbox what it finds at OpenAI."""

import json
from collections.abc import Iterator

import httpx
import openai
import pytest

from tests.sandbox import SandboxServer

HELLO = [{"role": "user", "content": "Which branch approves a loan of 4 million?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "balance",
        "parameters": {
            "type": "object",
            "properties": {"account": {"type": "string"}, "currency": {"enum": ["VND", "USD"]}},
            "required": ["account"],
        },
    },
}


@pytest.fixture
def client(sandbox: SandboxServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{sandbox.url}/v1", api_key="any", max_retries=0) as made:
        yield made


def test_a_plain_answer_says_where_it_comes_from_and_what_it_used(client: openai.OpenAI, sandbox: SandboxServer):
    answer = client.chat.completions.create(model="sandbox-small", messages=HELLO)

    assert answer.choices[0].message.content.startswith("Sandbox answer")
    assert answer._request_id.startswith("sandbox-")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    counted = sandbox.counts("sandbox-small")
    assert (counted["calls"], counted["ok"]) == (1, 1)
    assert (counted["input_tokens"], counted["output_tokens"]) == (
        answer.usage.prompt_tokens,
        answer.usage.completion_tokens,
    )


def test_the_same_question_gets_the_same_answer(client: openai.OpenAI):
    first, second = (client.chat.completions.create(model="sandbox-large", messages=HELLO) for _ in range(2))

    assert first.choices[0].message.content == second.choices[0].message.content
    assert first.id != second.id


def test_the_large_model_writes_more(client: openai.OpenAI):
    small, large = (
        client.chat.completions.create(model=model, messages=HELLO) for model in ("sandbox-small", "sandbox-large")
    )

    assert large.usage.completion_tokens > 3 * small.usage.completion_tokens


def test_a_stream_ends_with_one_usage_chunk_and_says_what_the_plain_answer_says(client: openai.OpenAI):
    plain = client.chat.completions.create(model="sandbox-small", messages=HELLO)
    chunks = list(
        client.chat.completions.create(
            model="sandbox-small", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1])
    assert text == plain.choices[0].message.content
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage == plain.usage
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)


def test_a_stream_without_include_usage_carries_none(client: openai.OpenAI):
    chunks = list(client.chat.completions.create(model="sandbox-small", messages=HELLO, stream=True))

    assert all("usage" not in chunk.model_fields_set for chunk in chunks)


@pytest.mark.parametrize("tokens", [1, 7, 500])
def test_the_exact_model_generates_exactly_max_tokens(client: openai.OpenAI, tokens: int):
    answer = client.chat.completions.create(model="sandbox-exact", messages=HELLO, max_tokens=tokens)

    assert answer.usage.completion_tokens == tokens
    assert answer.choices[0].finish_reason == "length"


def test_max_tokens_shortens_an_answer(client: openai.OpenAI):
    answer = client.chat.completions.create(model="sandbox-large", messages=HELLO, max_completion_tokens=5)

    assert (answer.usage.completion_tokens, answer.choices[0].finish_reason) == (5, "length")


def test_several_choices_are_all_counted(client: openai.OpenAI):
    one = client.chat.completions.create(model="sandbox-small", messages=HELLO)
    three = client.chat.completions.create(model="sandbox-small", messages=HELLO, n=3)

    assert len(three.choices) == 3
    assert three.usage.completion_tokens == 3 * one.usage.completion_tokens


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_called_with_arguments_that_fit_its_schema(client: openai.OpenAI, stream: bool):
    answer = client.chat.completions.create(model="sandbox-small", messages=HELLO, tools=[WEATHER], stream=stream)

    if stream:
        calls = [chunk.choices[0].delta.tool_calls for chunk in answer if chunk.choices[0].delta.tool_calls]
        name, arguments = calls[0][0].function.name, "".join(call[0].function.arguments or "" for call in calls)
    else:
        function = answer.choices[0].message.tool_calls[0].function
        name, arguments = function.name, function.arguments
    assert name == "balance"
    assert json.loads(arguments)["currency"] == "VND"


def test_after_the_tools_result_the_model_answers_in_words(client: openai.OpenAI):
    call = client.chat.completions.create(model="sandbox-small", messages=HELLO, tools=[WEATHER]).choices[0].message
    result = {"role": "tool", "tool_call_id": call.tool_calls[0].id, "content": "17"}

    answer = client.chat.completions.create(model="sandbox-small", messages=[*HELLO, call, result], tools=[WEATHER])

    assert answer.choices[0].message.content


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
def test_json_mode_answers_json(client: openai.OpenAI, response_format: dict):
    answer = client.chat.completions.create(model="sandbox-small", messages=HELLO, response_format=response_format)

    assert "answer" in json.loads(answer.choices[0].message.content)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_a_failing_model_answers_its_status(client: openai.OpenAI, sandbox: SandboxServer, status: int, expected):
    with pytest.raises(expected) as caught:
        client.chat.completions.create(model=f"sandbox-fail-{status}", messages=HELLO)

    assert caught.value.status_code == status
    assert caught.value.request_id
    assert ("retry-after" in caught.value.response.headers) == (status in (429, 503))
    assert sandbox.counts(f"sandbox-fail-{status}")["failed"] == 1


def test_a_wrong_key_is_refused_and_reaches_no_model(sandbox: SandboxServer):
    with (
        openai.OpenAI(base_url=f"{sandbox.url}/v1", api_key="bad-key", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        client.chat.completions.create(model="sandbox-small", messages=HELLO)

    assert caught.value.code == "invalid_api_key"
    assert sandbox.counts()["calls"] == 0


def test_a_flaky_model_fails_its_share_of_calls(client: openai.OpenAI):
    outcomes = []
    for _ in range(10):
        try:
            client.chat.completions.create(model="sandbox-flaky-30", messages=HELLO)
            outcomes.append(True)
        except openai.InternalServerError:
            outcomes.append(False)

    assert outcomes.count(False) == 3


def test_a_cut_stream_breaks_after_its_chunks(client: openai.OpenAI, sandbox: SandboxServer):
    stream = client.chat.completions.create(model="sandbox-cut-2", messages=HELLO, stream=True)
    begun = [next(stream).choices[0].delta.content for _ in range(3)]
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
        next(stream)

    assert len(list(filter(None, begun))) == 2
    counted = sandbox.counts("sandbox-cut-2")
    assert (counted["cut"], counted["output_tokens"]) == (1, 8)


def test_an_error_inside_a_stream_reaches_the_caller(client: openai.OpenAI):
    with pytest.raises(openai.APIError, match="failed while it was answering"):
        list(client.chat.completions.create(model="sandbox-error-1", messages=HELLO, stream=True))


def test_a_caller_who_leaves_is_noticed(client: openai.OpenAI, sandbox: SandboxServer):
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.3).chat.completions.create(model="sandbox-hang", messages=HELLO)

    for _ in range(50):
        if sandbox.counts("sandbox-hang")["cancelled"]:
            break
    assert sandbox.counts("sandbox-hang")["concurrent"] == 0


def test_a_model_taken_down_answers_503_until_it_is_up_again(client: openai.OpenAI, sandbox: SandboxServer):
    sandbox.take_down("sandbox-small")
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="sandbox-small", messages=HELLO)
    sandbox.bring_up("sandbox-small")

    assert caught.value.status_code == 503
    assert client.chat.completions.create(model="sandbox-small", messages=HELLO).choices


def test_a_prompt_beyond_the_window_is_refused_in_openais_words(client: openai.OpenAI):
    with pytest.raises(openai.BadRequestError, match="maximum context length is 10 tokens") as caught:
        client.chat.completions.create(model="sandbox-context-10", messages=[{"role": "user", "content": "x" * 41}])

    assert caught.value.code == "context_length_exceeded"


def test_cached_and_reasoning_tokens_are_parts_of_the_wholes(client: openai.OpenAI):
    usage = client.chat.completions.create(
        model="sandbox-cached-50+cachewrite-25+reasoning-9", messages=[{"role": "user", "content": "x" * 400}]
    ).usage

    assert usage.prompt_tokens == 100
    assert usage.prompt_tokens_details.cached_tokens == 50
    assert usage.prompt_tokens_details.cache_write_tokens == 25
    assert usage.completion_tokens > usage.completion_tokens_details.reasoning_tokens == 9


def test_embeddings_are_unit_vectors_and_repeatable(client: openai.OpenAI):
    first, second = (client.embeddings.create(model="sandbox-embed", input=["a", "b"], dimensions=8) for _ in range(2))

    assert [len(item.embedding) for item in first.data] == [8, 8]
    assert first.data[0].embedding == second.data[0].embedding != first.data[1].embedding
    assert first.usage.total_tokens == 2


def test_the_models_are_listed(client: openai.OpenAI):
    assert "sandbox-large" in {model.id for model in client.models.list()}


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"model": "sandbox-small"}', b'{"model": "sandbox-small", "messages": []}']
)
def test_a_malformed_body_is_refused(sandbox: SandboxServer, body: bytes):
    answer = httpx.post(f"{sandbox.url}/v1/chat/completions", content=body, headers={"authorization": "Bearer k"})

    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert sandbox.counts()["calls"] == 0
