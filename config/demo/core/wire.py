"""One HTTP exchange of the demo core over ASGI, and its own way to say what is wrong with a body."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from config.demo.core.books import CURRENCIES, CoreRefusal

SERVER = "demo core"
MAX_BODY_BYTES = 65_536


class Exchange:
    """A request with its whole body, and the means to answer it."""

    def __init__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        self.method: str = scope["method"]
        raw = (
            scope.get("raw_path") or scope["path"].encode()
        )  # decoded too early, a slash in a reference would split it
        self.segments = [unquote(part) for part in raw.decode("latin-1").partition("?")[0].split("/") if part]
        self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self.body = b""
        self._receive, self._send = receive, send

    async def read(self) -> None:
        """Read the body; a refusal when it is larger than the core takes."""
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return
            self.body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(self.body) > MAX_BODY_BYTES:
                raise CoreRefusal(413, "E-GROESSE", "Anfrage zu gross")

    def json(self) -> dict[str, Any]:
        """The body as a JSON object."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise CoreRefusal(400, "E-FORMAT", "Anfrage ist kein JSON") from error
        if not isinstance(value, dict):
            raise CoreRefusal(400, "E-FORMAT", "Anfrage ist kein Objekt")
        return value

    async def answer(self, status: int, value: Any) -> None:
        """A complete JSON answer."""
        await self.send(status, json.dumps(value, ensure_ascii=False).encode(), "application/json")

    async def send(self, status: int, body: bytes, content_type: str, *, promised: int = 0) -> None:
        """An answer; with `promised` larger than the body it is one that breaks off."""
        headers = {
            "server": SERVER,
            "content-type": content_type,
            "content-length": str(promised or len(body)),
            "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'",
            "x-content-type-options": "nosniff",
        }
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})
        await self._send({"type": "http.response.body", "body": body, "more_body": promised > len(body)})


def checked(body: dict[str, Any], **kinds: type) -> dict[str, Any]:
    """The body when it has exactly these fields; the core refuses what it does not know."""
    if unknown := sorted(set(body) - set(kinds)):
        raise CoreRefusal(400, "E-FELD", f"Feld {unknown[0]} unbekannt")
    for name, kind in kinds.items():
        if type(body.get(name)) is not kind or body[name] == "":
            raise CoreRefusal(400, "E-FELD", f"Feld {name} fehlt oder ist falsch")
    if "BETRAG_MINOR" in kinds and not 0 < body["BETRAG_MINOR"] < 10**15:
        raise CoreRefusal(400, "E-BETRAG", "Betrag ausserhalb der Grenzen")
    if "WHG" in kinds and body["WHG"] not in CURRENCIES:
        raise CoreRefusal(400, "E-WAEHRUNG", "Waehrung unbekannt")
    return body
