"""A proxy between a process and PostgreSQL that can freeze: bytes stop, connections stay open, nobody is told."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit


class FreezingProxy:
    """Listens on loopback and forwards to a server's Unix socket; each connection is known by its application name."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._target = f"{parse_qs(self._parts.query)['host'][0]}/.s.PGSQL.5432"
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._flow = threading.Condition()
        self._frozen: frozenset[str] | None = frozenset()
        self._open: list[socket.socket] = []
        self._stopping = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The database's address through this proxy."""
        port = self._server.getsockname()[1]
        return self._parts._replace(netloc=f"{self._parts.netloc}127.0.0.1:{port}", query="").geturl()

    @contextmanager
    def freeze(self, *names: str) -> Iterator[None]:
        """Freeze the connections of these names, new ones too; all when none is named."""
        self._set(frozenset(names) or None)
        try:
            yield
        finally:
            self._set(frozenset())

    def close(self) -> None:
        """Close everything."""
        self._stopping = True
        self._set(frozenset())
        for sock in [self._server, *self._open]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _set(self, frozen: frozenset[str] | None) -> None:
        with self._flow:
            self._frozen = frozen
            self._flow.notify_all()

    def _accept(self) -> None:
        while not self._stopping:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """Forward one connection both ways; the name is in its startup message."""
        name = [""]
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(self._target)
            back = threading.Thread(target=self._copy, args=(server, client, name), daemon=True)
            back.start()
            self._copy(client, server, name)
            back.join()
        client.close()

    def _copy(self, source: socket.socket, target: socket.socket, name: list[str]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not name[0] and b"application_name\0" in data:
                    name[0] = data.partition(b"application_name\0")[2].partition(b"\0")[0].decode()
                with self._flow:
                    self._flow.wait_for(lambda: self._flows(name[0]))
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def _flows(self, name: str) -> bool:
        return self._stopping or (self._frozen is not None and name not in self._frozen)


@contextmanager
def freezing_proxy(url: str) -> Iterator[FreezingProxy]:
    """A proxy in front of a database address."""
    proxy = FreezingProxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
