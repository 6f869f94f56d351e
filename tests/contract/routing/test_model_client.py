"""The contract of `ModelClient`, held by the real client over loopback and by the scripted one."""

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from routing.adapters import openai_wire
from routing.adapters.openai_wire import WireClient
from routing.adapters.sandbox import Script, ScriptedClient
from routing.ports import (
    Deadlines,
    ModelClient,
    StreamStopped,
    UpstreamBroken,
    UpstreamForbidden,
    UpstreamRequest,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from tenants.egress import EgressPolicy, parse_allow

LOOPBACK = EgressPolicy(parse_allow(["127.0.0.1:*"]))
QUICK = Deadlines(connect=1, first_byte=0.3, idle=0.3, total=5)
Make = Callable[[Script], Any]


def framed(script: Script) -> bytes:
    """The head of an answer with chunked framing."""
    lines = [f"HTTP/1.1 {script.status} X", *(f"{name}: {value}" for name, value in script.headers.items())]
    return "\r\n".join([*lines, "transfer-encoding: chunked", "", ""]).encode()


async def play(script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve the script to whatever request arrives, again and again on the same connection."""
    while head := await _head(reader):
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        writer.write(framed(script))
        for part in script.parts:
            await asyncio.sleep(script.pause_seconds)
            writer.write(b"%x\r\n%b\r\n" % (len(part), part))
            await writer.drain()
        if script.breaks_off:
            break
        writer.write(b"0\r\n\r\n")
    writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@asynccontextmanager
async def serving(handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]) -> AsyncIterator[int]:
    """The port of a server whose connections have all ended afterwards."""
    writers: list[asyncio.StreamWriter] = []
    tasks: list[asyncio.Task[None]] = []

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        tasks.append(asyncio.get_running_loop().create_task(handle(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def wire(script: Script) -> AsyncIterator[tuple[ModelClient, str]]:
    client = WireClient(LOOPBACK)
    async with serving(lambda reader, writer: play(script, reader, writer)) as port:
        try:
            yield client, f"http://127.0.0.1:{9 if script.unreachable else port}/v1/chat/completions"
        finally:
            await client.close()


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[tuple[ModelClient, str]]:
    yield ScriptedClient(script), "http://sandbox/v1"


@pytest.fixture(params=[wire, scripted])
def make(request: pytest.FixtureRequest) -> Make:
    return request.param


def request_to(url: str, deadlines: Deadlines = QUICK, body: bytes = b"{}") -> UpstreamRequest:
    return UpstreamRequest(url=url, headers={"authorization": "Bearer x"}, body=body, deadlines=deadlines)


async def test_a_whole_answer_comes_with_status_and_headers(make: Make) -> None:
    async with make(Script(status=429, headers={"retry-after": "7"}, parts=[b"one ", b"two"])) as (client, url):
        reply = await client.send(request_to(url))

        assert (reply.status, reply.headers["retry-after"]) == (429, "7")
        assert await reply.read() == b"one two"
        assert await reply.chunk() == b""


async def test_a_stream_comes_in_parts(make: Make) -> None:
    async with make(Script(parts=[b"one", b"two"], pause_seconds=0.05)) as (client, url):
        reply = await client.send(request_to(url))
        reply.began()

        assert [await reply.chunk(), await reply.chunk(), await reply.chunk()] == [b"one", b"two", b""]


async def test_an_answer_that_breaks_off_is_told_after_what_arrived(make: Make) -> None:
    async with make(Script(parts=[b"one"], breaks_off=True)) as (client, url):
        reply = await client.send(request_to(url))

        assert await reply.chunk() == b"one"
        with pytest.raises(UpstreamBroken):
            await reply.chunk()


async def test_silence_ends_in_a_timeout(make: Make) -> None:
    async with make(Script(parts=[b"one"], pause_seconds=2)) as (client, url):
        reply = await client.send(request_to(url))

        with pytest.raises(UpstreamTimeout):
            await reply.chunk()
        reply.close()


async def test_nobody_there_is_told_apart_from_nobody_answering(make: Make) -> None:
    async with make(Script(unreachable=True)) as (client, url):
        with pytest.raises(UpstreamUnreachable):
            await client.send(request_to(url))


async def test_a_waiting_stream_can_be_stopped(make: Make) -> None:
    async with make(Script(parts=[b"one"], pause_seconds=0.2)) as (client, url):
        reply = await client.send(request_to(url))
        asyncio.get_running_loop().call_later(0.05, reply.stop)

        with pytest.raises(StreamStopped):
            await reply.chunk()
        reply.close()


# What only the wire can do


def raw_server(answer: bytes, *, close: bool = False) -> AbstractAsyncContextManager[int]:
    """A server that answers every request with the same bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await _head(reader):
            writer.write(answer)
            if close:
                break
        writer.close()

    return serving(serve)


async def read_all(port: int, times: int = 1) -> tuple[list[bytes], int]:
    """What `times` requests one after the other got, and how many connections are left."""
    client = WireClient(LOOPBACK)
    try:
        bodies = [
            await (await client.send(request_to(f"http://127.0.0.1:{port}/v1", body=b""))).read() for _ in range(times)
        ]
        return bodies, len(client._open)
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("answer", "close", "left"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", False, 1),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", False, 1),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok", True, 0),
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nok", True, 0),
        (b"HTTP/1.1 103 Early\r\nx: y\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", False, 1),
    ],
)
async def test_every_framing_ends_where_it_ends_and_connections_are_used_again(
    answer: bytes, close: bool, left: int
) -> None:
    async with raw_server(answer, close=close) as port:
        assert await read_all(port, times=3) == ([b"ok"] * 3, left)


async def test_a_compressed_answer_is_inflated() -> None:
    body = gzip.compress(b"ok" * 1000)
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(body)

    async with raw_server(head + body) as port:
        assert (await read_all(port))[0] == [b"ok" * 1000]


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: nine\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_proper_answer_is_broken(answer: bytes) -> None:
    async with raw_server(answer, close=True) as port:
        with pytest.raises(UpstreamBroken):
            await read_all(port)


async def test_a_second_answer_that_nobody_asked_for_poisons_no_later_request() -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

    async with raw_server(answer + answer.replace(b"ok", b"no")) as port:
        assert (await read_all(port, times=3))[0] == [b"ok"] * 3


async def test_a_server_that_takes_the_connection_and_says_nothing_is_timed_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = WireClient(LOOPBACK)

        with pytest.raises(UpstreamTimeout):
            await client.send(request_to(f"http://127.0.0.1:{server.getsockname()[1]}/"))
        await client.close()


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254/latest", "http://127.0.0.1:8080/", "https://localhost/", "https://a b/", "x"]
)
async def test_an_address_outside_the_rules_is_not_called(url: str) -> None:
    client = WireClient(EgressPolicy())

    with pytest.raises(UpstreamForbidden):
        await client.send(request_to(url))


async def test_a_credential_with_a_line_break_is_not_sent() -> None:
    client = WireClient(LOOPBACK)
    smuggled = {"authorization": "Bearer x\r\nx-evil: 1"}

    with pytest.raises(UpstreamForbidden):
        await client.send(UpstreamRequest(url="http://127.0.0.1:9/", headers=smuggled, body=b""))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate of `localhost` with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = tmp_path / "server.pem"
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file


@asynccontextmanager
async def secure_server(certificate: Path) -> AsyncIterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await _head(reader):
            writer.write(answer)
        writer.transport.abort()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]
        server.close()
        await asyncio.sleep(0.05)


@pytest.fixture
def fresh_trust() -> Iterator[None]:
    """Certificates are trusted as the environment says at the time of the test."""
    openai_wire._tls.cache_clear()
    yield
    openai_wire._tls.cache_clear()


async def secure_answer(port: int, host: str = "localhost") -> bytes:
    client = WireClient(EgressPolicy(parse_allow([f"127.0.0.1:{port}", f"[::1]:{port}"])))
    try:
        return await (await client.send(request_to(f"https://{host}:{port}/", body=b""))).read()
    finally:
        await client.close()


@pytest.mark.usefixtures("fresh_trust")
async def test_a_provider_is_called_over_tls_under_its_name(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    async with secure_server(certificate) as port:
        assert await secure_answer(port) == b"ok"
        with pytest.raises(UpstreamUnreachable):
            await secure_answer(port, host="127.0.0.1")


@pytest.mark.usefixtures("fresh_trust")
async def test_a_certificate_that_nobody_trusts_is_refused(certificate: Path) -> None:
    async with secure_server(certificate) as port:
        with pytest.raises(UpstreamUnreachable):
            await secure_answer(port)
