"""A client of the gateway over plain HTTP, for trying routes from the console; like every other client."""

import http.client
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from routing.gateway_port import GatewayReply, GatewayUnreachable
from tenants.failpoints import failpoint

CONNECT_SECONDS = 3.0
MAX_BYTES = 4 * 1024 * 1024
_PART = 64 * 1024


class HttpGateway:
    """Implements `routing.gateway_port.Gateway`; one connection for each call."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._secure, self._prefix = parts.hostname or "", parts.scheme == "https", parts.path.rstrip("/")
        self._port = parts.port or (443 if self._secure else 80)

    def post(self, path: str, *, headers: Mapping[str, str], body: bytes, seconds: float) -> GatewayReply:
        """Send one request and read the whole answer within about `seconds`."""
        until = time.monotonic() + seconds
        connect = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = connect(self._host, self._port, timeout=CONNECT_SECONDS)
        try:
            connection.connect()
            connection.sock.settimeout(seconds)
            connection.request("POST", self._prefix + path, body=body, headers=dict(headers))
            failpoint("gateway.client.sent")
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return GatewayReply(answer.status, found, _read(answer, until))
        except (OSError, http.client.HTTPException) as error:
            raise GatewayUnreachable(str(error) or type(error).__name__) from error
        finally:
            connection.close()


def _read(answer: http.client.HTTPResponse, until: float) -> bytes:
    """The body; the deadline holds for all of it, not for each part."""
    parts: list[bytes] = []
    size = 0
    while part := answer.read1(_PART):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise GatewayUnreachable("the answer is too long")
        if time.monotonic() > until:
            raise GatewayUnreachable("the answer took too long")
    return b"".join(parts)
