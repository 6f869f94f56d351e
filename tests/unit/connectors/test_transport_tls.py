"""TLS of the transport: the name is verified, and a certificate that nobody vouches for means that nothing was sent."""

import datetime
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors.contract import HttpRequest, NotPerformed
from connectors.ports import CallTime
from connectors.transport import GuardedTransport
from tenants.egress import EgressPolicy, parse_allow

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for core.test that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "core.test")])
    now = datetime.datetime.now(datetime.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(7).not_valid_before(now).not_valid_after(now + datetime.timedelta(hours=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName("core.test")]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    path = tmp_path_factory.mktemp("tls") / "core.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def tls_server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    seen = []

    def serve(listener):
        try:
            with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
                seen.append(connection.recv(65536))
                connection.sendall(ANSWER)
        except OSError:
            return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1], seen
        thread.join(5)


def send(port, *, host="core.test", tls=None):
    policy = EgressPolicy(parse_allow(["127.0.0.1:*"]))
    carrier = GuardedTransport(policy, resolve=lambda name, number: ["127.0.0.1"], tls=tls)
    return carrier.send(HttpRequest("GET", f"https://{host}:{port}", "/"), CallTime(carrier.now() + 3, lambda: True))


def test_a_name_that_its_certificate_proves_is_called(certificate):
    with tls_server(certificate) as (port, seen):
        assert send(port, tls=ssl.create_default_context(cafile=str(certificate))).body == b"ok"
    assert f"host: core.test:{port}" in seen[0].decode()


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_of_another_name_or_of_nobody_sends_nothing(certificate, trusted):
    tls = ssl.create_default_context(cafile=str(certificate)) if trusted else None
    with tls_server(certificate) as (port, seen), pytest.raises(NotPerformed) as fault:
        send(port, host="other.test" if trusted else "core.test", tls=tls)
    assert fault.value.error.code == "core.tls_failed"
    assert seen in ([], [b""])
