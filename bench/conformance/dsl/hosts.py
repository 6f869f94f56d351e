"""Local stand-ins for the two public hosts that the kit's documents call: petstore.swagger.io and httpbin.org."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

NAMES = ("petstore.swagger.io", "httpbin.org")


@contextmanager
def stand_ins() -> Iterator[str]:
    """Serve both on one loopback port; yields the value for ENGINE_TEST_HOSTS."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield ",".join(f"{name}=127.0.0.1:{server.server_port}" for name in NAMES)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _pet(number: int, status: str = "available") -> dict[str, Any]:
    return {"id": number, "name": f"pet {number}", "photoUrls": [], "tags": [], "status": status}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer as the public host does, as far as the scenarios look."""
        status, body = self._answer()
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answer(self) -> tuple[int, Any]:
        parts = urlsplit(self.path)
        if parts.path == "/v2/pet/findByStatus":
            return 200, [_pet(number, parse_qs(parts.query).get("status", [""])[0]) for number in (1, 2, 3)]
        if found := re.fullmatch(r"/v2/pet/(\d+)", parts.path):
            return 200, _pet(int(found[1]))
        if found := re.fullmatch(r"/basic-auth/([^/]+)/([^/]+)", parts.path):
            wanted = base64.b64encode(f"{found[1]}:{found[2]}".encode()).decode()
            allowed = self.headers.get("authorization") == f"Basic {wanted}"
            return (200, {"authenticated": True, "user": found[1]}) if allowed else (401, {})
        return 404, {"code": 404, "message": "not found"}

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name in the base class
        """Say nothing."""
