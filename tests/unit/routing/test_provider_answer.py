"""The provider library's answers in exactly OpenAI's shape."""

from routing.domain.provider_answer import chunk, completion, says_something, usage_chunk

CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def test_a_completion_has_openais_members_and_no_others() -> None:
    made = completion(
        {
            "id": "x",
            "created": 1,
            "model": "m",
            "system_fingerprint": None,
            "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"content": "Hi", "provider_specific_fields": {}}}
            ],
            "usage": {
                "prompt_tokens": 1,
                "completion_tokens": 2,
                "prompt_tokens_details": {"cached_tokens": 1, "a": None},
            },
        }
    )

    assert made["choices"][0] == {
        "index": 0,
        "message": {"role": "assistant", "content": "Hi", "refusal": None},
        "logprobs": None,
        "finish_reason": "stop",
    }
    assert made["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}}
    assert set(made) == {"id", "created", "model", "object", "choices", "usage"}


def test_a_whole_tool_call_has_no_index_and_a_streamed_one_has() -> None:
    head = {"id": "x", "created": 1, "model": "m"}
    whole = completion({**head, "choices": [{"message": {"tool_calls": [CALL]}, "finish_reason": "tool_calls"}]})
    part = chunk({**head, "choices": [{"delta": {"tool_calls": [CALL]}}]})

    assert "index" not in whole["choices"][0]["message"]["tool_calls"][0]
    assert part["choices"][0]["delta"]["tool_calls"] == [CALL]


def test_a_continued_tool_call_carries_arguments_only() -> None:
    more = {"index": 0, "id": None, "type": "function", "function": {"name": None, "arguments": "x"}}

    made = chunk({"id": "x", "choices": [{"delta": {"tool_calls": [more]}}]})

    assert made["choices"][0]["delta"]["tool_calls"] == [{"index": 0, "function": {"arguments": "x"}}]


def test_usage_comes_in_a_chunk_without_choices() -> None:
    made = usage_chunk({"id": "x", "created": 1, "model": "m", "choices": [{}]}, {"prompt_tokens": 3})

    assert (made["choices"], made["usage"]) == ([], {"prompt_tokens": 3})


def test_an_empty_chunk_says_nothing() -> None:
    empty = chunk({"id": "x", "choices": [{"delta": {}, "finish_reason": None}]})

    assert not says_something(empty)
    assert says_something(chunk({"id": "x", "choices": [{"delta": {"content": ""}}]}))
