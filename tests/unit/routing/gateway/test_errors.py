"""Errors in the form OpenAI's clients act on."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from keys.domain.limits import LimitScope, LimitState, Meter, Window
from keys.domain.money import usd_text
from keys.ports import Refusal
from routing.domain.retry import AttemptOutcome, next_step
from routing.gateway.errors import invalid_key, refused_by_ledger, refused_key
from routing.gateway.rate_headers import duration, rate_limit_headers
from routing.gateway.upstream_faults import UpstreamFault, broken, read_fault, wire_error
from tenants.ids import uuid7

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def limit(meter: Meter, scope: LimitScope = LimitScope.TENANT, *, seconds: float = 30, used: int = 10) -> LimitState:
    return LimitState(
        id=uuid7(),
        name="monthly",
        scope=scope,
        meter=meter,
        window=Window.MONTH,
        amount=10_000_000_000,
        used=used,
        remaining=10_000_000_000 - used,
        resets_at=NOW + timedelta(seconds=seconds),
    )


def failed(status: int, body: bytes, **headers: str) -> UpstreamFault:
    return read_fault(status, headers, body, now_seconds=NOW.timestamp())


def told(fault: UpstreamFault) -> tuple[int, str | None, str]:
    verdict = next_step(fault.outcome, attempt=1, max_attempts=1, rungs_left=0, remaining_ms=1000)
    error = wire_error(fault, verdict)
    return error.status, error.code, error.message


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        (LimitScope.TENANT, "organization_spend_limit_exceeded"),
        (LimitScope.UNIT, "project_spend_limit_exceeded"),
        (LimitScope.VIRTUAL_KEY, "project_spend_limit_exceeded"),
    ],
)
def test_an_exhausted_budget_names_the_limit_and_is_not_retried(scope: LimitScope, code: str) -> None:
    state = limit(Meter.COST, scope, seconds=86_400, used=9_500_000_000)

    error = refused_by_ledger(Refusal("limit", state), now=NOW)

    body = json.loads(error.body())["error"]
    assert (error.status, body["type"], body["code"]) == (429, "insufficient_quota", code)
    assert (body["limit_id"], body["scope"], body["spent"], body["limit"]) == (str(state.id), scope, "9.5", "10")
    assert body["resets_at"] == "2026-11-23T12:00:00+00:00"
    assert dict(error.headers) == {b"x-should-retry": b"false"}


def test_a_rate_limit_says_when_to_come_back() -> None:
    error = refused_by_ledger(Refusal("limit", limit(Meter.REQUESTS, seconds=1.5)), now=NOW)

    headers = dict(error.headers)
    assert (error.status, error.kind, error.code) == (429, "requests", "rate_limit_exceeded")
    assert (headers[b"retry-after"], headers[b"retry-after-ms"]) == (b"2", b"1500")
    assert headers[b"x-ratelimit-reset-requests"] == b"2s"
    assert b"x-should-retry" not in headers


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [
        ("key_revoked", 401, "key_revoked"),
        ("key_expired", 401, "key_expired"),
        ("key_unknown", 401, "invalid_api_key"),
        ("tenant_suspended", 403, "tenant_suspended"),
        ("unpriced", 403, "model_not_priced"),
    ],
)
def test_each_reason_of_the_ledger_has_its_answer(reason: str, status: int, code: str) -> None:
    error = refused_by_ledger(Refusal(reason), now=NOW)

    assert (error.status, error.code) == (status, code)
    assert dict(error.headers)[b"x-should-retry"] == b"false"


def test_the_four_fields_of_an_error_are_always_there() -> None:
    for error in (invalid_key(), refused_key("key_expired")):
        assert set(json.loads(error.body())["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "The input is too long for requested model",
        "This request exceeds the available context size",
    ],
)
def test_every_wording_of_context_overflow_becomes_the_one_clients_know(message: str) -> None:
    status, code, text = told(failed(400, json.dumps({"error": {"message": message, "code": None}}).encode()))

    assert (status, code) == (400, "context_length_exceeded")
    assert "maximum context length" in text


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (
            failed(400, b'{"error":{"message":"bad top_p","code":"invalid_value","param":"top_p"}}'),
            400,
            "invalid_value",
        ),
        (failed(401, b'{"error":{"message":"sk-live-1 is wrong"}}'), 502, "upstream_credentials_invalid"),
        (failed(404, b""), 502, "upstream_error"),
        (failed(429, b"", **{"retry-after": "7"}), 503, "upstream_error"),
        (failed(500, b"<html>"), 502, "upstream_error"),
        (broken("connect"), 502, "upstream_error"),
        (broken("first_byte_timeout"), 504, "upstream_timeout"),
    ],
)
def test_a_failed_provider_is_told_without_its_secrets(fault: UpstreamFault, status: int, code: str) -> None:
    told_status, told_code, message = told(fault)

    assert (told_status, told_code) == (status, code)
    assert "sk-live" not in message


@pytest.mark.parametrize(
    ("header", "milliseconds"),
    [
        ({"retry-after": "7"}, 7000),
        ({"retry-after": "0.5"}, 500),
        ({"retry-after-ms": "250", "retry-after": "7"}, 250),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30_000),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_the_time_to_wait_is_read_in_every_form(header: dict[str, str], milliseconds: int | None) -> None:
    assert failed(429, b"", **header).outcome.retry_after_ms == milliseconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.012, "12ms"), (0.0, "1ms"), (1, "1s"), (60, "1m0s"), (360, "6m0s"), (3661, "1h1m1s")]
)
def test_durations_are_written_as_openai_writes_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("nano", "text"), [(0, "0"), (1, "0.000000001"), (1_500_000, "0.0015"), (2_000_000_000, "2"), (-5, "-0.000000005")]
)
def test_money_is_written_exactly(nano: int, text: str) -> None:
    assert usd_text(nano) == text


def test_the_tightest_request_quota_is_shown() -> None:
    wide, tight = limit(Meter.REQUESTS, used=1), limit(Meter.REQUESTS, used=9_999_999_999)

    headers = dict(rate_limit_headers((wide, tight, limit(Meter.COST)), now=NOW))

    assert headers[b"x-ratelimit-remaining-requests"] == b"1"


def test_an_outcome_without_answer_is_kept_as_it_is() -> None:
    assert broken("cut").outcome == AttemptOutcome(breakdown="cut")
