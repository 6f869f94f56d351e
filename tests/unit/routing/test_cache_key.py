"""What shares a cached answer and what never does."""

from typing import Any

import pytest

from routing.domain.cache_key import cache_key, is_cacheable
from tests.unit.routing.deciding import request

BODY: dict[str, Any] = {"model": "bank-chat", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5}
USUAL: dict[str, Any] = {
    "tenant_id": "t1",
    "route_id": "r1",
    "version_digest": "v1",
    "partition": "p1",
    "surface": "chat",
}


def key(**changes: Any) -> str:
    values = {**USUAL, "body": BODY, **changes}
    return cache_key(values.pop("tenant_id"), **values)


def test_the_key_begins_with_the_tenant() -> None:
    assert key().startswith("cache:t1:")


@pytest.mark.parametrize("part", ["tenant_id", "route_id", "version_digest", "partition", "surface"])
def test_nothing_is_shared_across(part: str) -> None:
    assert key(**{part: "other"}).split(":")[-1] != key().split(":")[-1]


@pytest.mark.parametrize(
    "extra",
    [
        {"stream": True, "stream_options": {"include_usage": True}},
        {"user": "alice"},
        {"metadata": {"a": "b"}},
        {"store": True},
        {"prompt_cache_key": "k"},
        {"seed": None},
    ],
)
def test_what_does_not_change_the_answer_does_not_change_the_key(extra: dict[str, Any]) -> None:
    assert key(body={**BODY, **extra}) == key()


@pytest.mark.parametrize(
    "extra",
    [{"temperature": 0.6}, {"seed": 1}, {"n": 2}, {"max_tokens": 5}, {"tools": []}, {"top_k": 1}, {"model": "x"}],
)
def test_what_may_change_the_answer_changes_the_key(extra: dict[str, Any]) -> None:
    assert key(body={**BODY, **extra}) != key()


def test_the_order_of_parameters_does_not_matter_but_that_of_messages_does() -> None:
    turns = [{"role": "user", "content": "a"}, {"content": "b", "role": "user"}]
    assert key(body=dict(reversed(BODY.items()))) == key()
    assert key(body={**BODY, "messages": turns}) != key(body={**BODY, "messages": turns[::-1]})


def test_text_cannot_pose_as_structure() -> None:
    one = [{"role": "user", "content": 'a","role":"user'}]
    two = [{"role": "user", "content": "a"}]
    assert key(body={**BODY, "messages": one}) != key(body={**BODY, "messages": two})


def test_an_answer_that_was_looked_up_elsewhere_is_not_kept() -> None:
    assert is_cacheable(request())
    assert not is_cacheable(request(unbounded=("web_search",)))
