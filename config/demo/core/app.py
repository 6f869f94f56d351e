"""The demo core as an ASGI app: its business under plain addresses, its switches and counts under /demo/.

The work for a request goes on when the caller hangs up, as it does in real cores, and counts as in flight to its end.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.demo.core import page
from config.demo.core.books import Books, CoreRefusal
from config.demo.core.wire import SERVER, Exchange, checked

OPERATIONS = ("account_read", "reserve", "book", "booking_status", "release")
MODES = ("normal", "refuse", "down", "slow", "drop")


class DemoCore:
    """One demo core. The instance is the ASGI app."""

    def __init__(self, path: Path) -> None:
        self.books = Books(path)
        self.in_flight = 0
        self._work: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        """Serve one request to its end, also when the caller is gone."""
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, receive, send)
        work = asyncio.ensure_future(self._serve(exchange))
        self._work.add(work)
        work.add_done_callback(self._work.discard)
        await asyncio.shield(work)

    async def _serve(self, exchange: Exchange) -> None:
        try:
            await exchange.read()
            if exchange.segments[:1] in ([], ["demo"]):
                await self._administer(exchange)
                return
            await self._business(exchange)
        except CoreRefusal as refusal:
            await exchange.answer(refusal.status, {"FEHLER": {"CODE": refusal.code, "TEXT": refusal.text}})

    async def _business(self, exchange: Exchange) -> None:
        operation, key = _operation(exchange)
        self._arrive(operation, key)
        try:
            mode, seconds = self._mode(operation)
            if mode == "down":
                raise CoreRefusal(503, "E-BETRIEB", "Ausser Betrieb")
            if mode == "refuse":
                raise CoreRefusal(409, "E-GESPERRT", "Gesperrt")
            await asyncio.sleep(seconds)
            status, answer = self._carry_out(operation, key, exchange)
            if mode == "drop":
                await exchange.send(status, b"{", "application/json", promised=100)
                return
            await exchange.answer(status, answer)
        finally:
            self.in_flight -= 1

    def _carry_out(self, operation: str, key: str, exchange: Exchange) -> tuple[int, dict[str, Any]]:
        body = exchange.json()
        match operation:
            case "account_read":
                return 200, self.books.read_account(key)
            case "reserve":
                checked(body, RES_REF=str, KTO_NR=str, BETRAG_MINOR=int, WHG=str)
                number = exchange.headers.get("x-vorgang-id", "")
                if not number:
                    raise CoreRefusal(400, "E-VORGANG", "X-VORGANG-ID fehlt")
                return self.books.reserve(number, body)
            case "book":
                fields = {"REFERENZ": str, "RES_REF": str, "KTO_NR_HABEN": str, "BETRAG_MINOR": int, "WHG": str}
                checked(body, **fields, **({"ZWECK": str} if body.get("ZWECK") else {}))
                return 201, self.books.book(body)
            case "booking_status":
                return 200, self.books.find_booking(key)
        return 200, self.books.release(key)

    def _arrive(self, operation: str, key: str) -> None:
        self.in_flight += 1
        self.books.arrived(operation, key)
        if self.in_flight > self.books.setting("max_in_flight", 0):
            self.books.set_setting("max_in_flight", self.in_flight)

    def _mode(self, operation: str) -> tuple[str, float]:
        """How an operation behaves now; a switch with `times` counts down."""
        switches = self.books.setting("switches", {})
        name = operation if operation in switches else "all"
        switch = switches.get(name)
        if switch is None:
            return "normal", 0.0
        if switch.get("times") is not None:
            switch["times"] -= 1
            if switch["times"] <= 0:
                del switches[name]
            self.books.set_setting("switches", switches)
        return switch["mode"], switch["seconds"]

    async def _administer(self, exchange: Exchange) -> None:
        match (exchange.method, *exchange.segments):
            case ("GET",) | ("GET", "demo", "status"):
                await exchange.answer(200, self.status())
            case ("GET", "demo", "books"):
                await exchange.send(200, page.render(self, exchange.headers).encode(), "text/html; charset=utf-8")
            case ("GET", "demo", "style", name) if name in page.STYLES:
                await exchange.send(200, page.style(name), "text/css; charset=utf-8")
            case ("GET", "demo", "arrivals" | "effects" as log):
                await exchange.answer(200, self.log(log))
            case ("PUT", "demo", "switches", operation) if operation in (*OPERATIONS, "all"):
                await exchange.answer(200, self.switch(operation, exchange.json()))
            case ("POST", "demo", "reset"):
                self.books.reset()
                await exchange.answer(200, self.status())
            case _:
                raise CoreRefusal(404, "E-ADRESSE", "Adresse unbekannt")

    def status(self) -> dict[str, Any]:
        """What the core counts itself."""
        sums = self.books.sums()
        return {
            "server": SERVER,
            "in_flight": self.in_flight,
            "max_in_flight": self.books.setting("max_in_flight", 0),
            "arrivals": self._counted("ankunft"),
            "effects": self._counted("wirkung"),
            "sums": sums,
            "balanced": not any(sums.values()),
            "switches": self.books.setting("switches", {}),
        }

    def log(self, name: str) -> list[dict[str, Any]]:
        """The last thousand entries of one of the two logs, oldest first."""
        table = {"arrivals": "ankunft", "effects": "wirkung"}[name]
        rows = self.books.rows(f"select * from {table} order by nr desc limit 1000")  # noqa: S608  # constants
        return [
            {"number": row["nr"], "operation": row["operation"], "key": row["schluessel"], "at": row["wann"]}
            for row in reversed(rows)
        ]

    def switch(self, operation: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """Make an operation refuse, be down, be slow or lose its answer, `times` times or until further notice."""
        mode, seconds, times = wanted.get("mode"), wanted.get("seconds", 0), wanted.get("times")
        fits = isinstance(seconds, int | float) and 0 <= seconds <= 600 and (times is None or type(times) is int)
        if mode not in MODES or not fits or set(wanted) - {"mode", "seconds", "times"}:
            raise CoreRefusal(400, "E-FELD", f"mode ({', '.join(MODES)}), seconds, times")
        switches = self.books.setting("switches", {})
        switches.pop(operation, None)
        if mode != "normal":
            switches[operation] = {"mode": mode, "seconds": float(seconds), "times": times}
        self.books.set_setting("switches", switches)
        return self.status()

    def _counted(self, table: str) -> dict[str, int]:
        rows = self.books.rows(f"select operation, count(*) as zahl from {table} group by operation")  # noqa: S608
        return {row["operation"]: row["zahl"] for row in rows}


def _operation(exchange: Exchange) -> tuple[str, str]:
    """Which operation an address means, and the key its arrival is logged under."""
    match (exchange.method, *exchange.segments):
        case ("GET", "konten", number):
            return "account_read", number
        case ("POST", "reservierungen"):
            return "reserve", str(exchange.json().get("RES_REF", ""))
        case ("POST", "reservierungen", reference, "freigabe"):
            return "release", reference
        case ("POST", "buchungen"):
            return "book", str(exchange.json().get("REFERENZ", ""))
        case ("GET", "buchungen", reference):
            return "booking_status", reference
    raise CoreRefusal(404, "E-ADRESSE", "Adresse unbekannt")
