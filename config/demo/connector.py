"""The demo's connector: the demo core's operations in our words, with every mapping between the two vocabularies."""

from typing import Any

from connectors.services.connectors import ConnectorConfig, Safety

NAME = "demo_core"
CURRENCIES = {"GBP": "826", "EUR": "978", "USD": "840"}
TEXT = {"type": "string", "minLength": 1, "maxLength": 60}
ACCOUNT = {"type": "string", "pattern": "^[1-9][0-9]{0,9}$", "examples": ["50001010"]}
OTHER_ACCOUNT = ACCOUNT | {"examples": ["50002020"]}
AMOUNT = {"type": "string", "pattern": r"^[0-9]{1,13}(\.[0-9]{1,2})?$", "examples": ["12.50"]}
CURRENCY = {"type": "string", "enum": list(CURRENCIES), "examples": ["EUR"]}
STATUS = {"R": "reserved", "F": "released", "G": "booked"}


def demo_core(base_url: str) -> ConnectorConfig:
    """The connector as the loader creates it."""
    return ConnectorConfig(
        name=NAME,
        kind="rest",
        title="Demo core",
        config={"base_url": base_url},
        safety=Safety(max_in_flight=3, max_server_seconds=5.0, max_wait_seconds=20.0),
        operations=[_account_read(), _reserve(), _book(), _booking_status(), _release()],
    )


def _account_read() -> dict[str, Any]:
    return {
        "name": "account_read",
        "summary": "Balance of an account and what is available of it",
        "effect": "read",
        "request": {"method": "GET", "path": "/konten/{KTO_NR}"},
        "input_schema": _object(account=ACCOUNT),
        "output_schema": _object(
            account=TEXT, holder=TEXT, currency=CURRENCY, balance={"type": "string"}, available={"type": "string"}
        ),
        "mapping": {
            "request": [_account("path.KTO_NR", "account")],
            "response": [
                {"to": "account", "from": "KTO_NR", "via": ["strip_left:10:0"], "class": "personal"},
                {"to": "holder", "from": "KTO_NAME", "class": "personal"},
                {"to": "currency", "lookup": {"from": "WHG", "table": _turned(CURRENCIES)}},
                {"to": "balance", "from": "SALDO_MINOR", "via": ["major_units:2"]},
                {"to": "available", "from": "VERFUEGBAR_MINOR", "via": ["major_units:2"]},
            ],
        },
        "errors": [_row("E-KONTO", "core.account_unknown"), *_common()],
        "timeout_seconds": 5,
    }


def _reserve() -> dict[str, Any]:
    return {
        "name": "reserve",
        "summary": "Set an amount of an account aside",
        "effect": "write",
        "request": {"method": "POST", "path": "/reservierungen"},
        "input_schema": _object(reservation=TEXT, account=ACCOUNT, amount=AMOUNT, currency=CURRENCY),
        "output_schema": _object(reservation=TEXT, status=TEXT),
        "mapping": {
            "request": [
                {"to": "body.RES_REF", "from": "reservation"},
                _account("body.KTO_NR", "account"),
                *_money(),
            ],
            "response": _reservation(),
        },
        "errors": [
            _row("E-DECKUNG", "core.insufficient_funds", settles=True),
            _row("E-KONTO", "core.account_unknown", settles=True),
            _row("E-RESREF", "core.reservation_taken", settles=True),
            _row("E-WAEHRUNG", "core.currency_refused", settles=True),
            *_common(),
        ],
        "idempotency": {"strategy": "native_header", "header": "X-VORGANG-ID"},
        "timeout_seconds": 5,
    }


def _book() -> dict[str, Any]:
    return {
        "name": "book",
        "summary": "Move the reserved amount. The core does not notice repeats: a doubtful booking is looked up",
        "effect": "write",
        "request": {"method": "POST", "path": "/buchungen"},
        "input_schema": _object(
            optional={"purpose": {"type": "string", "maxLength": 140}},
            reservation=TEXT, creditor_account=OTHER_ACCOUNT, amount=AMOUNT, currency=CURRENCY,
        ),
        "output_schema": _object(booking=TEXT, status=TEXT),
        "mapping": {
            "request": [
                {"to": "body.REFERENZ", "from": "$key"},
                {"to": "body.RES_REF", "from": "reservation"},
                _account("body.KTO_NR_HABEN", "creditor_account"),
                {"to": "body.ZWECK", "from": "purpose", "on_missing": "omit", "class": "personal"},
                *_money(),
            ],
            "response": _booking(),
        },
        "errors": [
            _row("E-DECKUNG", "core.insufficient_funds"),
            _row("E-RESERVIERUNG", "core.reservation_missing"),
            _row("E-BETRAG", "core.amount_differs"),
            *_common(),
        ],
        "idempotency": {
            "strategy": "business_key_lookup",
            "operation": "booking_status",
            "input": [{"to": "reference", "from": "$key"}],
        },
        "timeout_seconds": 5,
    }  # fmt: skip


def _booking_status() -> dict[str, Any]:
    return {
        "name": "booking_status",
        "summary": "What became of a booking",
        "effect": "read",
        "request": {"method": "GET", "path": "/buchungen/{REFERENZ}"},
        "input_schema": _object(reference={"type": "string", "minLength": 1, "maxLength": 200}),
        "output_schema": _object(booking=TEXT, status=TEXT),
        "mapping": {"request": [{"to": "path.REFERENZ", "from": "reference"}], "response": _booking()},
        "errors": [_row("E-BUCHUNG", "core.not_found"), *_common()],
        "timeout_seconds": 5,
    }


def _release() -> dict[str, Any]:
    return {
        "name": "release",
        "summary": "Let a reservation go; one that never was is marked so that it cannot come late",
        "effect": "write",
        "request": {"method": "POST", "path": "/reservierungen/{RES_REF}/freigabe"},
        "input_schema": _object(reservation=TEXT),
        "output_schema": _object(reservation=TEXT, status=TEXT),
        "mapping": {"request": [{"to": "path.RES_REF", "from": "reservation"}], "response": _reservation()},
        "errors": [_row("E-GEBUCHT", "core.already_booked", settles=True), *_common()],
        "idempotency": {"strategy": "native_header", "header": "X-VORGANG-ID"},
        "timeout_seconds": 5,
    }


def _common() -> list[dict[str, Any]]:
    """What every operation may be told: the demo core says both before it does anything."""
    return [
        _row("E-GESPERRT", "core.refused"),
        _row("E-BETRIEB", "core.out_of_service", outcome="retriable"),
    ]


def _row(legacy: str, code: str, *, outcome: str = "rejected", settles: bool = False) -> dict[str, Any]:
    row = {"field": "FEHLER.CODE", "equals": [legacy], "code": code, "outcome": outcome}
    return row | {"settles": True} if settles else row


def _account(to: str, source: str) -> dict[str, Any]:
    return {"to": to, "from": source, "via": ["pad_left:10:0"], "class": "personal"}


def _money() -> list[dict[str, Any]]:
    return [
        {"to": "body.BETRAG_MINOR", "from": "amount", "via": ["minor_units:2"]},
        {"to": "body.WHG", "lookup": {"from": "currency", "table": CURRENCIES}},
    ]


def _reservation() -> list[dict[str, Any]]:
    return [
        {"to": "reservation", "from": "RES_REF"},
        {"to": "status", "lookup": {"from": "STATUS_KZ", "table": STATUS}},
    ]


def _booking() -> list[dict[str, Any]]:
    return [
        {"to": "booking", "from": "BUCH_NR", "via": ["text"]},
        {"to": "status", "lookup": {"from": "STATUS_KZ", "table": STATUS}},
    ]


def _object(optional: dict[str, Any] | None = None, **required: Any) -> dict[str, Any]:
    return {"type": "object", "properties": required | (optional or {}), "required": list(required)}


def _turned(table: dict[str, str]) -> dict[str, str]:
    return {value: key for key, value in table.items()}
