"""One table translates the provider library's errors; its completeness is checked against the library itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from routing.domain.provider_errors import TABLE, UNKNOWN, cut_short, translate

ROOT = Path(__file__).resolve().parents[3]
START = """
import inspect, json, sys
def forbid(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise SystemExit(f"{event} {arguments}")
sys.addaudithook(forbid)
import config.provider, litellm.exceptions as module
found = [name for name, value in inspect.getmembers(module, inspect.isclass)
         if issubclass(value, BaseException) and value.__module__ == module.__name__]
print(json.dumps({"django": "django" in sys.modules, "classes": found}))
"""


@pytest.fixture(scope="module")
def start() -> subprocess.CompletedProcess[str]:
    """A process that only imports what the provider process does, and ends at the first connection."""
    command = [sys.executable, "-c", START]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=110)


def named(name: str, text: str, **attributes: object) -> Exception:
    """An error of a class that is called like the library's."""
    error: Exception = type(name, (Exception,), attributes)(text)
    return error


@pytest.mark.slow
def test_every_exception_class_of_the_library_is_in_the_table(start: subprocess.CompletedProcess[str]) -> None:
    classes = json.loads(start.stdout)["classes"]

    assert classes
    assert set(classes) == set(TABLE)


@pytest.mark.slow
def test_starting_the_process_opens_no_connection_and_needs_no_django(start: subprocess.CompletedProcess[str]) -> None:
    assert start.returncode == 0, start.stderr[-500:]
    assert json.loads(start.stdout)["django"] is False


def test_the_vendors_own_words_reach_the_caller() -> None:
    text = 'litellm.BadRequestError: AnthropicException - {"type": "error", "error": {"type": "x", "message": "No."}}'

    failure = translate(named("BadRequestError", text))

    assert (failure.status, failure.message, failure.retry) == (400, "No.", False)


def test_without_the_vendors_words_the_librarys_names_are_left_out() -> None:
    text = "litellm.ServiceUnavailableError: AnthropicException - It broke. Handle with `litellm.APIError`."

    assert translate(named("ServiceUnavailableError", text)).message == "It broke"


def test_an_internal_error_without_the_vendors_words_may_have_been_billed() -> None:
    assert (translate(named("InternalServerError", "x")).status, translate(ValueError("x")).status) == (502, 502)


@pytest.mark.parametrize(
    ("kind", "status"), [("overloaded_error", 529), ("request_too_large", 413), ("timeout_error", 504)]
)
def test_the_vendors_type_is_more_precise_than_the_class(kind: str, status: int) -> None:
    error = named("InternalServerError", json.dumps({"error": {"type": kind, "message": "m"}}))

    assert translate(error).status == status


def test_a_context_overflow_is_worded_as_clients_expect() -> None:
    error = named("ContextWindowExceededError", json.dumps({"error": {"message": "prompt is too long: 11 > 10"}}))

    failure = translate(error)

    assert failure.code == "context_length_exceeded"
    assert "maximum context length" in failure.message
    assert "prompt is too long: 11 > 10" in failure.message


def test_retry_after_is_kept_where_a_retry_makes_sense() -> None:
    headers = {"retry-after": "7"}

    assert translate(named("RateLimitError", "x", litellm_response_headers=headers)).headers()["retry-after"] == "7"
    assert "retry-after" not in translate(named("BadRequestError", "x", litellm_response_headers=headers)).headers()


def test_a_refused_connection_says_that_nothing_was_sent() -> None:
    error = named("InternalServerError", "Cannot connect")
    error.__cause__ = ConnectionRefusedError()

    assert (translate(error).status, translate(error).code) == (503, "upstream_unreachable")


def test_a_base_class_stands_in_for_an_unknown_subclass() -> None:
    base = type("RateLimitError", (Exception,), {})

    assert translate(type("NewRateLimit", (base,), {})("x")).status == 429


def test_a_programming_error_says_nothing_about_itself() -> None:
    assert translate(KeyError("api_key=secret")) == UNKNOWN


def test_a_cut_stream_may_be_retried() -> None:
    assert (cut_short().code, cut_short().retry) == ("upstream_stream_broken", True)
