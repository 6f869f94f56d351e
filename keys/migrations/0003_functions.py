"""The SQL functions of admission and settlement, from `functions.sql` beside this file."""

from pathlib import Path
from typing import ClassVar

from django.db import migrations

from tenants.rls import APP, GATEWAY, RELAY, SqlFunction

_PARTS = iter(Path(__file__).with_name("functions.sql").read_text(encoding="utf-8").split("--;;\n"))
_AGAIN = "uuid, uuid, uuid, uuid, bigint, timestamptz, uuid[], uuid[], uuid[], bigint, int"


def _function(signature: str, *grants: str) -> SqlFunction:
    """The next function of the file; without grants only the other functions may call it."""
    return SqlFunction(signature, next(_PARTS), grants)


class Migration(migrations.Migration):
    """Create the functions."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("keys", "0002_rls")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RunSQL(next(_PARTS), "drop type keys_op, keys_case, keys_delta, keys_answers"),
        _function("keys_uuid7()"),
        _function("keys_period(text, text, timestamptz)", APP, GATEWAY),
        _function("keys_end(uuid, keys_op[], timestamptz)"),
        _function("keys_resolve(uuid, text, text, keys_op[], timestamptz)"),
        _function("keys_admit(uuid, keys_case[], timestamptz, keys_delta[])"),
        _function("keys_exchange(jsonb)", APP, GATEWAY),
        _function("keys_book(uuid, uuid, uuid, uuid, uuid[], uuid[], uuid[], bigint, int, timestamptz)"),
        _function("keys_hold(uuid, uuid, uuid, uuid, bigint, bool, int, bool)", APP, GATEWAY),
        _function(f"keys_hold_again({_AGAIN})", APP, GATEWAY),
        _function("keys_expire_holds(uuid, uuid[])", RELAY),
        _function("keys_expire(int)", RELAY),
        _function("keys_prune(interval)", RELAY),
    ]
