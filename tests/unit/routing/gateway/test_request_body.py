"""The body for a provider: everything is the client's but what the gateway must change."""

import json

import pytest

from routing.domain.types import DeploymentFacts, RequestFeatures
from routing.gateway.compiled import Target
from routing.gateway.errors import WireError
from routing.gateway.request_body import output_cap, parse_body, rewrite_body

TARGET = Target("http://host/v1", {}, "served", through_process=False, caps_by_completion_tokens=False)
FACTS = DeploymentFacts(id="d", name="d", provider_id="p", provider_kind="vllm", model="m", max_output_tokens=64)
PLAIN = RequestFeatures(model="asked")
STREAMED = RequestFeatures(model="asked", stream=True)


def test_only_the_model_changes_and_numbers_keep_their_spelling() -> None:
    body = b'{"model": "asked", "temperature": 1.0e0, "seed": 9007199254740993, "messages": [{"content": "\\u00e9"}]}'

    rewritten = rewrite_body(body, TARGET, PLAIN, cap=None)

    assert b'"temperature":1.0e0' in rewritten
    assert b'"seed":9007199254740993' in rewritten
    assert b"\\u00e9" in rewritten
    assert json.loads(rewritten)["model"] == "served"


def test_of_a_doubled_field_only_the_one_that_was_judged_is_sent() -> None:
    rewritten = rewrite_body(b'{"model":"a","n":1,"n":128}', TARGET, PLAIN, cap=None)

    assert rewritten.count(b'"n"') == 1
    assert parse_body(b'{"n":1,"n":128}')["n"] == json.loads(rewritten)["n"]


def test_usage_is_always_asked_for_in_streams() -> None:
    body = b'{"model":"a","stream":true,"stream_options":{"include_obfuscation":false}}'

    options = json.loads(rewrite_body(body, TARGET, STREAMED, cap=None))["stream_options"]

    assert options == {"include_obfuscation": False, "include_usage": True}


def test_under_a_hard_budget_the_bound_that_was_held_binds_the_provider() -> None:
    cap = output_cap(PLAIN, FACTS, hard_limit=True)

    assert json.loads(rewrite_body(b'{"model":"a","max_tokens":null}', TARGET, PLAIN, cap=cap))["max_tokens"] == 64
    assert output_cap(PLAIN, FACTS, hard_limit=False) is None
    assert output_cap(RequestFeatures(model="a", max_output_tokens=5), FACTS, hard_limit=True) is None


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a":' * 20_000, b'{"a":1}x'])
def test_malformed_json_is_the_clients_fault(body: bytes) -> None:
    with pytest.raises(WireError, match="could not parse"):
        parse_body(body)
