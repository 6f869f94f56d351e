"""The one HTTP client of connectors: guarded, pinned, bounded, with a hard deadline.

    resolve once -> check every address -> connect to a checked one -> TLS for the name -> may it still start? -> send

No redirect is followed, no proxy of the environment is used, no connection is shared. Whatever goes wrong before the
first byte is `NotPerformed`; from then on it is `Unanswered`, since the core may have acted. The deadline is one for
all of it: each wait gets what is left, so a server that sends a byte a second cannot stretch it.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from functools import cache

import httptools

from connectors.contract import HttpRequest, HttpResponse, NotPerformed, Unanswered
from connectors.ports import CallTime
from tenants.egress import Destination, EgressError, EgressPolicy, parse_destination
from tenants.failpoints import failpoint

MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_HEADER_BYTES = 64 * 1024
CONNECT_SECONDS = 5.0
_CHUNK = 64 * 1024
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "user-agent"})

Resolve = Callable[[str, int], Sequence[str]]


def resolve_all(host: str, port: int) -> list[str]:
    """Every address that a name leads to."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


@cache
def _default_tls() -> ssl.SSLContext:
    """Reads every certificate of the system, which takes longer than a call."""
    return ssl.create_default_context()


class GuardedTransport:
    """The transport over sockets of this process."""

    def __init__(
        self, policy: EgressPolicy, *, resolve: Resolve = resolve_all, tls: ssl.SSLContext | None = None
    ) -> None:
        self._policy = policy
        self._resolve = resolve
        self._tls = tls
        # getaddrinfo knows no deadline; a resolver that hangs keeps a thread of these, never a caller
        self._resolvers = ThreadPoolExecutor(8, thread_name_prefix="resolve")

    def now(self) -> float:
        """Seconds that also pass while the machine sleeps: a permit must not look fresh after it."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def check(self, url: str) -> str:
        """Why calls may not go to `url`, as far as its text tells; empty when nothing speaks against it."""
        try:
            destination = parse_destination(url)
            self._policy.check_destination(destination)
            if literal := _literal(destination.host):
                self._policy.check_address(destination, literal)
        except EgressError as error:
            return str(error)
        return ""

    def send(self, request: HttpRequest, time: CallTime) -> HttpResponse:
        """Send one request and return the complete answer."""
        destination = self._destination(request)
        message = _encode(request, destination)
        connection = self._connect(destination, time)
        try:
            if not time.may_start():
                raise NotPerformed("core.deadline_exceeded", "the permit would end before the call")
            return self._exchange(connection, message, time)
        finally:
            connection.close()

    def _destination(self, request: HttpRequest) -> Destination:
        try:
            destination = parse_destination(request.base_url)
            self._policy.check_destination(destination)
        except EgressError as error:
            raise NotPerformed("core.egress_refused", str(error)) from error
        return destination

    def _connect(self, destination: Destination, time: CallTime) -> socket.socket:
        addresses = self._addresses(destination, time)
        last: OSError | None = None
        for address in addresses:
            try:
                plain = socket.create_connection((address, destination.port), timeout=self._left(time, CONNECT_SECONDS))
            except OSError as error:
                last = error
                continue
            return self._secured(plain, destination, time)
        raise NotPerformed("core.unreachable", "no connection could be made") from last

    def _addresses(self, destination: Destination, time: CallTime) -> Sequence[str]:
        """All addresses of the host, each one checked: one bad answer among good ones refuses the host."""
        try:
            found: Sequence[str] = (
                [literal] if (literal := _literal(destination.host)) else self._resolved(destination, time)
            )
            for address in found:
                self._policy.check_address(destination, address)
        except EgressError as error:
            raise NotPerformed("core.egress_refused", str(error)) from error
        if not found:
            raise NotPerformed("core.unreachable", "the host name leads nowhere")
        return found

    def _resolved(self, destination: Destination, time: CallTime) -> Sequence[str]:
        asked = self._resolvers.submit(self._resolve, destination.host, destination.port)
        try:
            return asked.result(self._left(time, CONNECT_SECONDS))
        except (OSError, UnicodeError, FutureTimeout) as error:
            asked.cancel()
            raise NotPerformed("core.unreachable", "the host name does not resolve") from error

    def _secured(self, plain: socket.socket, destination: Destination, time: CallTime) -> socket.socket:
        if destination.scheme != "https":
            return plain
        try:
            plain.settimeout(self._left(time, CONNECT_SECONDS))
            return (self._tls or _default_tls()).wrap_socket(plain, server_hostname=destination.host)
        except ssl.SSLError as error:
            plain.close()
            raise NotPerformed("core.tls_failed", "the certificate or the handshake was not accepted") from error
        except OSError as error:
            plain.close()
            raise NotPerformed("core.unreachable", "the connection broke in the handshake") from error

    def _exchange(self, connection: socket.socket, message: bytes, time: CallTime) -> HttpResponse:
        answer = _Answer()
        try:
            connection.settimeout(self._left(time))
            connection.sendall(message)
            failpoint("connectors.call.sent")
            while not answer.complete:
                if (left := time.ends_at - self.now()) <= 0:
                    raise TimeoutError
                connection.settimeout(left)
                answer.feed(connection.recv(_CHUNK))
        except TimeoutError as error:
            raise Unanswered("core.no_answer", "no complete answer within the deadline") from error
        except (OSError, httptools.HttpParserError) as error:
            raise Unanswered("core.no_answer", "the connection broke before the answer was complete") from error
        return answer.response()

    def _left(self, time: CallTime, most: float = float("inf")) -> float:
        left = min(time.ends_at - self.now(), most)
        if left <= 0:
            raise NotPerformed("core.deadline_exceeded", "the time was over before anything was sent")
        return left


@dataclass(slots=True)
class _Answer:
    """Collects one answer; refuses what is larger than agreed, compressed or cut off."""

    complete: bool = False
    size: int = 0
    parts: list[bytes] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 0
    parser: httptools.HttpResponseParser = field(init=False)
    began: bool = False

    def __post_init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take what the connection gave; nothing means that the core closed it."""
        if not data:
            self._closed()
            return
        self.size += len(data)
        if self.size > MAX_BODY_BYTES + MAX_HEADER_BYTES or (not self.began and self.size > MAX_HEADER_BYTES):
            raise Unanswered("core.answer_too_large", "the answer is larger than agreed")
        self.parser.feed_data(data)

    def response(self) -> HttpResponse:
        if self.headers.get("content-encoding", "identity").lower() != "identity":
            raise Unanswered("core.bad_answer", "the answer is compressed, which was not asked for")
        return HttpResponse(self.status, self.headers, b"".join(self.parts))

    def _closed(self) -> None:
        """Without a length the end of the connection ends the body; with one, the answer was cut off."""
        if not self.began or {"content-length", "transfer-encoding"} & self.headers.keys():
            raise OSError("the connection ended inside the answer")
        self.complete = True

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.status = self.parser.get_status_code()
        self.began = self.status >= 200

    def on_body(self, data: bytes) -> None:
        self.parts.append(data)

    def on_message_complete(self) -> None:
        if self.began:
            self.complete = True
        self.headers = self.headers if self.began else {}


def _literal(host: str) -> str:
    """The address that a host is without resolving; empty for names."""
    if host == "localhost" or host.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""


def _encode(request: HttpRequest, destination: Destination) -> bytes:
    """The request as bytes; what could smuggle a second one is refused."""
    target = f"{request.path}?{request.query}" if request.query else request.path
    lines = [f"{request.method} {target} HTTP/1.1", f"host: {_host(destination)}"]
    lines += [f"{name.lower()}: {value}" for name, value in request.headers.items() if name.lower() not in _OURS]
    lines += ["accept-encoding: identity", "user-agent: ai-orchestration", "connection: close"]
    if request.body or request.method in {"POST", "PUT", "PATCH"}:
        lines.append(f"content-length: {len(request.body)}")
    clean = all(line.isascii() and line.isprintable() for line in lines)
    if not clean or " " in target or not target.startswith("/") or request.method not in _METHODS:
        raise NotPerformed("core.invalid_input", "the address or a header holds a character that cannot be sent")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + request.body


def _host(destination: Destination) -> str:
    host = f"[{destination.host}]" if ":" in destination.host else destination.host
    return f"{host}:{destination.port}"
