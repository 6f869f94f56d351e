"""The books of the demo core in SQLite: accounts, reservations, bookings, and apart from them what arrived and what
took effect. Every change is one transaction, so the sum of all accounts of a currency is zero at any moment.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
create table if not exists konto (
    kto_nr text primary key, name text not null, whg text not null, art_kz text not null, saldo_minor integer not null);
create table if not exists reservierung (
    res_ref text primary key, kto_nr text not null, betrag_minor integer not null, whg text not null,
    status_kz text not null, wann real not null);
create table if not exists buchung (
    buch_nr integer primary key autoincrement, referenz text not null, res_ref text not null,
    kto_nr_soll text not null, kto_nr_haben text not null, betrag_minor integer not null, whg text not null,
    zweck text not null, wann real not null);
create index if not exists buchung_referenz on buchung (referenz);
create table if not exists vorgang (
    vorgang_id text primary key, inhalt text not null, status integer not null, antwort text not null);
create table if not exists ankunft (
    nr integer primary key autoincrement, operation text not null, schluessel text not null, wann real not null);
create table if not exists wirkung (
    nr integer primary key autoincrement, operation text not null, schluessel text not null, wann real not null);
create table if not exists einstellung (name text primary key, wert text not null);
"""
# currency codes as the core writes them: ISO 4217 numbers
CURRENCIES = {"826": "GBP", "978": "EUR", "840": "USD"}
CUSTOMERS = (
    ("0050000970", "UFXQHBE", "826", 10_000_000),
    ("0050001010", "Mekong Coffee Trading", "978", 25_000_000),
    ("0050002020", "Red River Textiles", "978", 8_000_000),
    ("0050003030", "Saigon Instruments", "840", 12_000_000),
)
CLEARING = {code: f"9000000{code}" for code in CURRENCIES}
TREASURY = {code: f"8000000{code}" for code in CURRENCIES}


class CoreRefusal(Exception):
    """The core refuses: its own code and text, as its callers get them."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.status, self.code, self.text = status, code, text


class Books:
    """The books in one file; made with its opening balances when the file is new."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")  # survives a kill of the process; a power cut is no demo
        self._db.executescript(SCHEMA)
        if not self.rows("select 1 from konto limit 1"):
            self.reset()

    def close(self) -> None:
        self._db.close()

    def reset(self) -> None:
        """Back to the opening balances; logs and switches are forgotten."""
        with self._writing():
            for table in (
                "konto",
                "reservierung",
                "buchung",
                "vorgang",
                "ankunft",
                "wirkung",
                "einstellung",
                "sqlite_sequence",
            ):
                self._db.execute(f"delete from {table}")  # noqa: S608  # constants
            for number, name, currency, balance in CUSTOMERS:
                self._account(number, name, currency, "K", balance)
            for code in CURRENCIES:
                total = sum(balance for _number, _name, currency, balance in CUSTOMERS if currency == code)
                self._account(TREASURY[code], "Treasury", code, "B", -total)
                self._account(CLEARING[code], "Clearing", code, "C", 0)

    def arrived(self, operation: str, key: str) -> None:
        """Remember that a request came, whatever becomes of it."""
        self._db.execute(
            "insert into ankunft (operation, schluessel, wann) values (?, ?, ?)", [operation, key, time.time()]
        )

    def setting(self, name: str, default: Any) -> Any:
        found = self.rows("select wert from einstellung where name = ?", name)
        return json.loads(found[0]["wert"]) if found else default

    def set_setting(self, name: str, value: Any) -> None:
        self._db.execute("insert or replace into einstellung values (?, ?)", [name, json.dumps(value)])

    def read_account(self, number: str) -> dict[str, Any]:
        """One account with what is reserved on it."""
        found = self.rows("select * from konto where kto_nr = ?", number)
        if not found:
            raise CoreRefusal(404, "E-KONTO", "Konto unbekannt")
        row, reserved = found[0], self._reserved(number)
        return {
            "KTO_NR": row["kto_nr"], "KTO_NAME": row["name"], "WHG": row["whg"], "SALDO_MINOR": row["saldo_minor"],
            "RESERVIERT_MINOR": reserved, "VERFUEGBAR_MINOR": row["saldo_minor"] - reserved,
        }  # fmt: skip

    def reserve(self, key: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Set an amount aside, once for each VORGANG_ID: the same one gets the same answer again."""
        content = json.dumps(body, sort_keys=True)
        known = self.rows("select * from vorgang where vorgang_id = ?", key)
        if known:
            if known[0]["inhalt"] != content:
                raise CoreRefusal(422, "E-VORGANG", "Vorgang mit anderem Inhalt bekannt")
            return known[0]["status"], json.loads(known[0]["antwort"])
        with self._writing():
            status, answer = self._reserve(body)
            self._db.execute("insert into vorgang values (?, ?, ?, ?)", [key, content, status, json.dumps(answer)])
        return status, answer

    def book(self, body: dict[str, Any]) -> dict[str, Any]:
        """Move the money. Not deduplicated: who sends the same twice moves it twice."""
        reference = body["RES_REF"]
        with self._writing():
            found = self.rows("select * from reservierung where res_ref = ?", reference)
            if not found or found[0]["status_kz"] == "F":
                raise CoreRefusal(409, "E-RESERVIERUNG", "Keine offene Reservierung")
            held = found[0]
            if (held["betrag_minor"], held["whg"]) != (body["BETRAG_MINOR"], body["WHG"]):
                raise CoreRefusal(409, "E-BETRAG", "Betrag weicht von der Reservierung ab")
            if held["status_kz"] == "B":
                self._need(held["kto_nr"], body["BETRAG_MINOR"])
            number = self._move(held["kto_nr"], body)
            self._db.execute("update reservierung set status_kz = 'B' where res_ref = ?", [reference])
            self._took_effect("book", body["REFERENZ"])
        return {"BUCH_NR": number, "REFERENZ": body["REFERENZ"], "STATUS_KZ": "G"}

    def find_booking(self, reference: str) -> dict[str, Any]:
        """The look-up of a booking by the caller's reference."""
        found = self.rows("select * from buchung where referenz = ? order by buch_nr", reference)
        if not found:
            raise CoreRefusal(404, "E-BUCHUNG", "Buchung unbekannt")
        return {"BUCH_NR": found[0]["buch_nr"], "REFERENZ": reference, "STATUS_KZ": "G", "ANZAHL": len(found)}

    def release(self, reference: str) -> dict[str, Any]:
        """Let a reservation go. One that never was is marked, so that a late request for it is refused."""
        with self._writing():
            found = self.rows("select * from reservierung where res_ref = ?", reference)
            if found and found[0]["status_kz"] == "B":
                raise CoreRefusal(409, "E-GEBUCHT", "Reservierung ist gebucht")
            if not found:
                self._db.execute("insert into reservierung values (?, '', 0, '', 'F', ?)", [reference, time.time()])
            elif found[0]["status_kz"] == "R":
                self._db.execute("update reservierung set status_kz = 'F' where res_ref = ?", [reference])
                self._took_effect("release", reference)
        return {"RES_REF": reference, "STATUS_KZ": "F"}

    def sums(self) -> dict[str, int]:
        """The sum of all accounts for each currency: zero, always."""
        found = self.rows("select whg, sum(saldo_minor) as summe from konto group by whg order by whg")
        return {row["whg"]: row["summe"] for row in found}

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        return self._db.execute(query, values).fetchall()

    def _reserve(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        reference, amount = body["RES_REF"], body["BETRAG_MINOR"]
        account = self.read_account(body["KTO_NR"])
        if account["WHG"] != body["WHG"]:
            return _refused(409, "E-WAEHRUNG", "Konto hat andere Waehrung")
        if self.rows("select 1 from reservierung where res_ref = ?", reference):
            return _refused(409, "E-RESREF", "Reservierung schon vergeben oder freigegeben")
        if account["VERFUEGBAR_MINOR"] < amount:
            return _refused(409, "E-DECKUNG", "Keine Deckung")
        self._db.execute(
            "insert into reservierung values (?, ?, ?, ?, 'R', ?)",
            [reference, body["KTO_NR"], amount, body["WHG"], time.time()],
        )
        self._took_effect("reserve", reference)
        return 201, {"RES_REF": reference, "STATUS_KZ": "R"}

    def _move(self, debit: str, body: dict[str, Any]) -> int:
        known = self.rows("select 1 from konto where kto_nr = ? and whg = ?", body["KTO_NR_HABEN"], body["WHG"])
        credit = body["KTO_NR_HABEN"] if known else CLEARING[body["WHG"]]
        for number, change in ((debit, -body["BETRAG_MINOR"]), (credit, body["BETRAG_MINOR"])):
            self._db.execute("update konto set saldo_minor = saldo_minor + ? where kto_nr = ?", [change, number])
        cursor = self._db.execute(
            "insert into buchung (referenz, res_ref, kto_nr_soll, kto_nr_haben, betrag_minor, whg, zweck, wann)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            [body["REFERENZ"], body["RES_REF"], debit, credit, body["BETRAG_MINOR"], body["WHG"],
             body.get("ZWECK", ""), time.time()],
        )  # fmt: skip
        return int(cursor.lastrowid or 0)

    def _need(self, number: str, amount: int) -> None:
        if self.read_account(number)["VERFUEGBAR_MINOR"] < amount:
            raise CoreRefusal(409, "E-DECKUNG", "Keine Deckung")

    def _reserved(self, number: str) -> int:
        query = "select coalesce(sum(betrag_minor), 0) as summe from reservierung where kto_nr = ? and status_kz = 'R'"
        return int(self.rows(query, number)[0]["summe"])

    def _took_effect(self, operation: str, key: str) -> None:
        self._db.execute(
            "insert into wirkung (operation, schluessel, wann) values (?, ?, ?)", [operation, key, time.time()]
        )

    def _account(self, number: str, name: str, currency: str, kind: str, balance: int) -> None:
        self._db.execute("insert into konto values (?, ?, ?, ?, ?)", [number, name, currency, kind, balance])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")


def _refused(status: int, code: str, text: str) -> tuple[int, dict[str, Any]]:
    return status, {"FEHLER": {"CODE": code, "TEXT": text}}
