"""Usage in exclusive buckets, whatever the provider includes where."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.usage import Usage, UsageError, merge_usage, usage_from_anthropic, usage_from_openai

counts = st.integers(min_value=0, max_value=10**9)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5}, Usage(input=10, output=5)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, Usage()),
        ({"prompt_tokens": 8, "total_tokens": 8}, Usage(input=8)),
        ({"prompt_tokens": 10, "completion_tokens": None, "prompt_tokens_details": None}, Usage(input=10)),
        (
            {"prompt_tokens": 100, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 60}},
            Usage(input=40, cached_input=60, output=9),
        ),
        (
            {"prompt_tokens": 9, "completion_tokens": 50, "completion_tokens_details": {"reasoning_tokens": 40}},
            Usage(input=9, output=10, reasoning=40),
        ),
        (  # reasoning beside the completion, told by the total
            {
                "prompt_tokens": 9,
                "completion_tokens": 50,
                "total_tokens": 99,
                "completion_tokens_details": {"reasoning_tokens": 40},
            },
            Usage(input=9, output=50, reasoning=40),
        ),
        (  # cached beside the prompt, told by its size
            {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 60}},
            Usage(input=10, cached_input=60, output=1),
        ),
        (  # both kinds of cache traffic, as the provider process reports them
            {
                "prompt_tokens": 100,
                "completion_tokens": 1,
                "cache_creation_input_tokens": 30,
                "prompt_tokens_details": {"cached_tokens": 50},
            },
            Usage(input=20, cached_input=50, cache_write=30, output=1),
        ),
        (
            {"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 4},
            Usage(input=5, cached_input=4, output=1),
        ),
    ],
)
def test_openai_counts_become_exclusive(raw: dict[str, Any], expected: Usage) -> None:
    assert usage_from_openai(raw) == expected


@pytest.mark.parametrize("raw", [None, {}, {"prompt_tokens": None, "completion_tokens": None}])
def test_nothing_reported_is_not_zero(raw: dict[str, Any] | None) -> None:
    assert usage_from_openai(raw) is None
    assert usage_from_anthropic(raw) is None


@pytest.mark.parametrize("count", [True, "7", -1, 1.0, 2**60, [], {}])
@pytest.mark.parametrize(
    ("parse", "field"), [(usage_from_openai, "prompt_tokens"), (usage_from_anthropic, "input_tokens")]
)
def test_a_count_that_is_no_count_is_refused(parse: Any, field: str, count: Any) -> None:
    with pytest.raises(UsageError) as caught:
        parse({field: count})
    assert caught.value.field == field


@pytest.mark.parametrize("details", [[], "none", 3])
def test_details_that_are_no_object_are_refused(details: Any) -> None:
    with pytest.raises(UsageError):
        usage_from_openai({"prompt_tokens": 1, "prompt_tokens_details": details})


def test_anthropic_counts_are_exclusive_already() -> None:
    raw = {"input_tokens": 5, "cache_read_input_tokens": 70, "cache_creation_input_tokens": 20, "output_tokens": 3}
    assert usage_from_anthropic(raw) == Usage(input=5, cached_input=70, cache_write=20, output=3)


def test_anthropic_cache_writes_may_come_by_lifetime_only() -> None:
    creation = {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 10}
    assert usage_from_anthropic({"input_tokens": 1, "cache_creation": creation}) == Usage(input=1, cache_write=30)


def test_a_later_count_of_a_stream_replaces_the_first_unless_null() -> None:
    start = {"input_tokens": 9, "cache_read_input_tokens": 4, "output_tokens": 1}
    merged = merge_usage(start, {"output_tokens": 55, "input_tokens": None})
    assert usage_from_anthropic(merged) == Usage(input=9, cached_input=4, output=55)


@given(prompt=counts, completion=counts, cached=counts, reasoning=counts, total=st.none() | counts)
def test_no_count_is_lost_or_below_zero(
    prompt: int, completion: int, cached: int, reasoning: int, total: int | None
) -> None:
    usage = usage_from_openai(
        {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": total,
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        }
    )
    assert usage is not None
    assert min(usage.input, usage.cached_input, usage.output, usage.reasoning) >= 0
    assert usage.input + usage.cached_input >= prompt
    assert usage.output + usage.reasoning >= completion
