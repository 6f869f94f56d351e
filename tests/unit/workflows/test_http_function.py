"""`call: http`: what its arguments mean, and what each answer means for the run."""

from typing import Any
from uuid import UUID

import pytest

from connectors import ports
from connectors.contract import HttpRequest, HttpResponse, NotPerformed, Unanswered
from connectors.ports import bind_transport
from workflows.domain.signals import Failed, Outcome, Succeeded, Unknown
from workflows.functions import http
from workflows.functions.contract import Invocation

ID = UUID(int=1)


@pytest.fixture(autouse=True)
def _transport_of_the_process():
    before = ports.transport()
    yield
    ports.bind_transport(before)


class Server:
    """A transport that answers as told."""

    def __init__(self, answer: HttpResponse | Exception) -> None:
        self.answer, self.sent = answer, []

    def now(self) -> float:
        return 0.0

    def check(self, url: str) -> str:
        return ""

    def send(self, request: HttpRequest, time: Any) -> HttpResponse:
        self.sent.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def invocation(*, recovered: bool = False, given: Any = None, **arguments: Any) -> Invocation:
    arguments = {"method": "get", "endpoint": "https://shop.test/orders"} | arguments
    return Invocation(
        tenant_id=ID, run_id=ID, definition_id=ID, effect="/do/0/a", attempt=1, pointer="/do/0/a", function="http",
        arguments=arguments, input=given, idempotency_key="key", deadline_seconds=5, recovered=recovered,
    )  # fmt: skip


def answered(status: int = 200, body: bytes = b'{"n": 1}', **arguments: Any) -> Outcome:
    bind_transport(Server(HttpResponse(status, {"content-type": "application/json"}, body)))
    return http.perform(invocation(**arguments))


def request(**arguments: Any) -> HttpRequest:
    return http.request_of(invocation(**arguments))


def test_address_query_headers_and_body_become_one_request():
    made = request(method="post", query={"q": "a b"}, headers={"X-Own": 5}, body={"n": 1})
    assert (made.method, made.base_url, made.path, made.query) == ("POST", "https://shop.test", "/orders", "q=a%20b")
    assert (made.headers["x-own"], made.headers["content-type"], made.body) == ("5", "application/json", b'{"n": 1}')
    assert made.headers["idempotency-key"] == "key"


def test_places_in_the_address_are_filled_from_the_input_and_cannot_break_out():
    made = request(endpoint={"uri": "https://shop.test/orders/{id}/x"}, given={"id": "../7?a"})
    assert made.path == "/orders/..%2F7%3Fa/x"


def test_credentials_become_a_header():
    basic = request(endpoint={"uri": "https://a.test", "authentication": {"basic": {"username": "u", "password": "p"}}})
    bearer = request(endpoint={"uri": "https://a.test", "authentication": {"bearer": {"token": "t"}}})
    assert (basic.headers["authorization"], bearer.headers["authorization"]) == ("Basic dTpw", "Bearer t")


@pytest.mark.parametrize("endpoint", [None, 5, "ftp://x", "shop.test", {"uri": ""}])
def test_what_is_no_address_is_a_fault_of_the_definition(endpoint: Any):
    outcome = http.perform(invocation(endpoint=endpoint))
    assert isinstance(outcome, Failed)
    assert outcome.retriable is False


def test_content_is_the_output_and_the_whole_answer_where_it_is_asked_for():
    assert answered() == Succeeded(output={"n": 1})
    whole = answered(output="response")
    assert (whole.output["statusCode"], whole.output["content"]) == (200, {"n": 1})
    assert answered(output="raw", body=b"hi").output == "aGk="


@pytest.mark.parametrize(("status", "retriable"), [(404, False), (422, False), (429, True), (500, True), (503, True)])
def test_a_refusal_is_an_error_with_its_status(status: int, retriable: bool):
    outcome = answered(status)
    assert isinstance(outcome, Failed)
    assert (outcome.error.status, outcome.retriable) == (status, retriable)


def test_a_redirect_is_a_refusal_unless_it_is_asked_for():
    assert isinstance(answered(302), Failed)
    assert isinstance(answered(302, redirect=True), Succeeded)


@pytest.mark.parametrize(("method", "kind"), [("get", Failed), ("put", Failed), ("post", Unknown), ("patch", Unknown)])
def test_silence_after_a_change_that_may_not_be_repeated_is_unknown(method: str, kind: type):
    bind_transport(Server(Unanswered("core.no_answer")))
    assert isinstance(http.perform(invocation(method=method)), kind)


def test_what_was_never_sent_has_failed():
    bind_transport(Server(NotPerformed("core.unreachable")))
    outcome = http.perform(invocation(method="post"))
    assert isinstance(outcome, Failed)
    assert outcome.retriable is True


@pytest.mark.parametrize(("method", "kind", "sent"), [("post", Unknown, 0), ("put", Succeeded, 1)])
def test_after_a_crash_only_what_may_be_repeated_is_repeated(method: str, kind: type, sent: int):
    server = Server(HttpResponse(200, {}, b""))
    bind_transport(server)
    assert isinstance(http.perform(invocation(method=method, recovered=True)), kind)
    assert len(server.sent) == sent
