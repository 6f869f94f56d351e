"""A server outside that counts what reaches it: requests, and effects without repetitions of one idempotency key."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Effects:
    """What the server has seen; `answers` maps a path to (status, body), anything else is answered 200."""

    port: int = 0
    requests: list[tuple[str, str, str, Any]] = field(default_factory=list)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    gates: dict[str, threading.Event] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.requests]

    def keys(self, path: str) -> list[str]:
        return [key for _, at, key, _ in self.requests if at == path]


@contextmanager
def running_effects() -> Iterator[Effects]:
    effects = Effects()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            sent = json.loads(body) if body else None
            effects.requests.append((self.command, self.path, self.headers.get("idempotency-key", ""), sent))
            if gate := effects.gates.get(self.path):
                gate.wait(20)
            status, answer = effects.answers.get(self.path, (200, {"path": self.path, "sent": sent}))
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _serve  # noqa: N815 - names that the base class looks for

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    effects.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield effects
    finally:
        for gate in effects.gates.values():
            gate.set()
        server.shutdown()
        server.server_close()
        thread.join()
