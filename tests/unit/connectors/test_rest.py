"""The REST kind: requests that stay where they belong, and a verdict for every answer there can be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import CoreCall, HttpResponse, NotPerformed, Unanswered
from connectors.domain.document import parse_operation
from connectors.kinds.rest.config import RestOperation, check, check_operation
from connectors.kinds.rest.connector import filled, judge, open_connector

OPERATION = {
    "name": "pay", "effect": "write", "request": {"method": "POST", "path": "/pay/{ID}", "success": [200]},
    "input_schema": {"type": "object"}, "output_schema": {"type": "object"},
    "mapping": {"request": [], "response": []},
    "errors": [
        {"field": "fault.code", "equals": ["F1"], "code": "core.refused", "outcome": "rejected"},
        {"status": [503], "code": "core.away", "outcome": "retriable"},
        {"status": [504], "code": "core.late", "outcome": "unknown"},
    ],
    "idempotency": {"strategy": "native_header", "header": "X-KEY"},
}  # fmt: skip
PARSED = parse_operation(OPERATION)


def answer(status, value=None, **headers):
    body = value if isinstance(value, bytes) else json.dumps(value).encode() if value is not None else b""
    return judge(PARSED, HttpResponse(status, headers, body))


def sent(target, *, config=None, secret="", key="k1"):
    requests = []

    def send(request):
        requests.append(request)
        return HttpResponse(200, {}, b"{}")

    connector = open_connector({"base_url": "https://core.example/api/"} | (config or {}), {"pay": OPERATION})
    connector.perform(CoreCall("pay", target, key, secret), send)
    return requests[0]


@pytest.mark.parametrize(
    ("status", "value", "code", "performed", "retriable"),
    [
        (200, {"fault": {"code": "F1"}}, "core.refused", "no", False),
        (500, {"fault": {"code": "F1"}}, "core.refused", "no", False),
        (503, None, "core.away", "no", True),
        (504, b"<html>", "core.late", "perhaps", False),
        (401, None, "core.credentials_refused", "no", False),
        (429, None, "core.rate_limited", "no", True),
        (500, {"done": True}, "core.unclassified", "perhaps", False),
        (302, None, "core.unclassified", "perhaps", False),
        (404, b"<html>", "core.unclassified", "perhaps", False),
        (201, {}, "core.unclassified", "perhaps", False),
    ],
)
def test_each_answer_has_its_verdict(status, value, code, performed, retriable):
    found = answer(status, value)
    assert (found.error.code, found.performed, found.error.retriable) == (code, performed, retriable)


def test_success_is_a_json_document_with_exact_numbers():
    assert answer(200, b'{"a": 0.1}').document["a"].as_tuple().digits == (1,)
    assert answer(200).document == {}
    with pytest.raises(Unanswered, match="not a JSON document"):
        answer(200, b"<html>all is well</html>")


def test_the_time_to_wait_is_passed_on_within_reason():
    assert answer(429, **{"retry-after": "7"}).error.retry_after_seconds == 7
    assert answer(429, **{"retry-after": "999999"}).error.retry_after_seconds == 3600
    assert answer(429, **{"retry-after": "tomorrow"}).error.retry_after_seconds is None


@given(st.integers(100, 599), st.binary(max_size=50))
def test_the_verdict_is_total(status, body):
    try:
        answer(status, body)
    except Unanswered:
        return


@given(st.text(min_size=1))
def test_a_value_stays_inside_its_part_of_the_path(text):
    wire = RestOperation("GET", "/accounts/{A}/x")
    try:
        path = filled(wire, {"A": text})
    except NotPerformed:
        assert text in {".", ".."}
        return
    except UnicodeEncodeError:
        return
    assert path.count("/") == 3
    assert not {"?", "#", " ", "\n"} & set(path)


def test_a_request_carries_what_was_mapped_and_who_calls():
    target = {"path": {"ID": "a/b"}, "query": {"q": "x&y"}, "header": {"X-Unit": "u"}, "body": {"N": 1}}
    request = sent(target, config={"auth": {"type": "bearer"}, "headers": {"X-App": "orc"}}, secret="s3")
    assert (request.method, request.path, request.query) == ("POST", "/api/pay/a%2Fb", "q=x%26y")
    assert request.body == b'{"N": 1}'
    assert request.headers["authorization"] == "Bearer s3"
    assert (request.headers["X-KEY"], request.headers["X-Unit"], request.headers["X-App"]) == ("k1", "u", "orc")


def test_a_rule_that_writes_elsewhere_and_a_path_without_its_value_are_never_sent():
    for target in ({"base_url": "x"}, {"path": {}}, {"path": {"ID": ".."}}, {"path": "x"}):
        with pytest.raises(NotPerformed):
            sent(target)


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ({}, "base_url"),
        ({"base_url": "ftp://x"}, "base_url"),
        ({"base_url": "https://x?y"}, "base_url"),
        ({"base_url": "https://x", "headers": {"Host": "y"}}, "headers.Host"),
        ({"base_url": "https://x", "headers": {"X": "a\r\nb"}}, "headers.X"),
        ({"base_url": "https://x", "auth": {"type": "magic"}}, "auth.type"),
        ({"base_url": "https://x", "auth": {"type": "header"}}, "auth"),
        ({"base_url": "https://x", "port": 1}, "port"),
    ],
)
def test_a_configuration_is_refused_where_it_is_wrong(config, where):
    assert where in check(config)


@pytest.mark.parametrize(
    ("part", "where"),
    [
        ({"method": "TRACE", "path": "/x"}, "method"),
        ({"method": "GET", "path": "x"}, "path"),
        ({"method": "GET", "path": "/x?y=1"}, "path"),
        ({"method": "GET", "path": "/a/../b"}, "path"),
        ({"method": "GET", "path": "/x", "success": [404]}, "success"),
        ({"method": "GET", "path": "/x", "url": "https://y"}, "url"),
    ],
)
def test_an_operation_is_refused_where_it_is_wrong(part, where):
    assert where in check_operation(part)
