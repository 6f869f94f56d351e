"""The transport over real sockets: what it refuses to reach, and when a failure means that nothing was sent."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from connectors.contract import HttpRequest, NotPerformed, Unanswered
from connectors.ports import CallTime
from connectors.transport import MAX_BODY_BYTES, MAX_HEADER_BYTES, GuardedTransport
from tenants.egress import EgressPolicy, parse_allow

HERE = EgressPolicy(parse_allow(["127.0.0.1:*", "core.test:*"]))


@contextmanager
def server(*parts, pause=0.0):
    """Answers one connection with the parts, a pause before each, and keeps what it read."""
    seen = []

    def serve(listener):
        connection = listener.accept()[0]
        with connection:
            seen.append(connection.recv(65536))
            try:
                for part in parts:
                    time.sleep(pause)
                    connection.sendall(part)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1], seen
        thread.join(5)


def send(port, *, transport=None, seconds=2.0, host="127.0.0.1", may_start=lambda: True, **more):
    carrier = transport or GuardedTransport(HERE)
    values = {"method": "GET", "base_url": f"http://{host}:{port}", "path": "/x"} | more
    return carrier.send(HttpRequest(**values), CallTime(carrier.now() + seconds, may_start))


def test_a_complete_answer_comes_back_whole():
    with server(b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\nX-Y: z\r\n\r\n", b"he", b"llo") as (port, seen):
        answer = send(port, method="POST", body=b"{}", headers={"X-A": "b", "Host": "evil", "Content-Length": "9"})
    assert (answer.status, answer.body, answer.headers["x-y"]) == (201, b"hello", "z")
    head = seen[0].decode().lower()
    assert f"host: 127.0.0.1:{port}\r\n" in head
    assert "evil" not in head
    assert head.count("content-length") == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nabc",
        b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc",
    ],
)
def test_every_framing_of_http_is_understood(answer):
    with server(answer) as (port, _seen):
        assert send(port).body == b"abc"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab",
        b"HTTP/1.1 200",
        b"nonsense\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_no_answer(answer):
    with server(answer) as (port, _seen), pytest.raises(Unanswered) as fault:
        send(port)
    assert fault.value.error.code == "core.no_answer"


def test_a_server_that_drips_cannot_stretch_the_deadline():
    with server(*[b"H"] * 40, pause=0.1) as (port, _seen):
        began = time.monotonic()
        with pytest.raises(Unanswered):
            send(port, seconds=0.5)
        assert time.monotonic() - began < 3  # all of it takes four seconds


@pytest.mark.parametrize(
    "flood",
    [
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_BODY_BYTES + MAX_HEADER_BYTES),
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000,
    ],
)
def test_more_than_agreed_is_refused(flood):
    with server(flood) as (port, _seen), pytest.raises(Unanswered) as fault:
        send(port, seconds=10)
    assert fault.value.error.code in {"core.answer_too_large", "core.no_answer"}


def test_a_compressed_answer_is_refused():
    with (
        server(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx") as one,
        pytest.raises(Unanswered) as fault,
    ):
        send(one[0])
    assert fault.value.error.code == "core.bad_answer"


def test_a_redirect_is_an_answer_like_any_other():
    with server(b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n") as (
        port,
        _seen,
    ):
        assert send(port).status == 302


def test_nobody_listening_means_that_nothing_was_sent():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotPerformed) as fault:
        send(port)
    assert fault.value.error.code == "core.unreachable"


def test_a_permit_that_would_end_first_stops_the_call_before_its_first_byte():
    with server(b"") as (port, seen), pytest.raises(NotPerformed) as fault:
        send(port, may_start=lambda: False)
    assert fault.value.error.code == "core.deadline_exceeded"
    assert seen in ([], [b""])


@pytest.mark.parametrize(
    ("addresses", "code"),
    [
        (["127.0.0.1"], "core.egress_refused"),
        (["93.184.216.34", "169.254.169.254"], "core.egress_refused"),  # one bad answer refuses the host
        (["64:ff9b::a9fe:a9fe"], "core.egress_refused"),
        ([], "core.unreachable"),
    ],
)
def test_a_name_is_judged_by_all_its_addresses(addresses, code):
    guarded = GuardedTransport(EgressPolicy(), resolve=lambda host, port: addresses)
    with pytest.raises(NotPerformed) as fault:
        send(443, transport=guarded, base_url="https://inside.example")
    assert fault.value.error.code == code


def test_a_name_is_connected_to_at_the_address_that_was_checked():
    guarded = GuardedTransport(HERE, resolve=lambda host, port: ["127.0.0.1"])
    with server(b"HTTP/1.1 204 No Content\r\n\r\n") as (port, seen):
        assert send(port, transport=guarded, host="core.test").status == 204
    assert f"host: core.test:{port}" in seen[0].decode()


@pytest.mark.parametrize(
    "address", ["http://core.example/", "https://10.0.0.1/", "https://localhost/", "https://u:p@x/"]
)
def test_an_address_that_is_not_public_https_is_refused_when_it_is_saved(address):
    assert GuardedTransport(EgressPolicy()).check(address)


def test_a_resolver_that_hangs_does_not_hold_the_caller():
    hanging = GuardedTransport(EgressPolicy(), resolve=lambda host, port: time.sleep(4) or [])
    began = time.monotonic()
    with pytest.raises(NotPerformed):
        send(443, transport=hanging, base_url="https://slow.example", seconds=0.3)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "more",
    [
        {"headers": {"X-A": "b\r\nX-Evil: 1"}},
        {"path": "/x\r\nX-Evil: 1"},
        {"path": "/a b"},
        {"path": "x"},
        {"method": "GET /y HTTP/1.1"},
        {"headers": {"X-A": "ü"}},
    ],
)
def test_what_could_smuggle_a_second_request_is_never_sent(more):
    with pytest.raises(NotPerformed) as fault:
        send(9, **more)
    assert fault.value.error.code == "core.invalid_input"
