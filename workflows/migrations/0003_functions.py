"""The SQL functions of runs and events, from `functions.sql` beside this file."""

from pathlib import Path
from typing import ClassVar

from django.db import migrations

from tenants.rls import APP, SqlFunction

_PARTS = iter(Path(__file__).with_name("functions.sql").read_text(encoding="utf-8").split("--;;\n"))


def _function(signature: str, *grants: str) -> SqlFunction:
    """The next function of the file; without grants only the other functions may call it."""
    return SqlFunction(signature, next(_PARTS), grants)


class Migration(migrations.Migration):
    """Create the functions."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("workflows", "0002_rls"), ("keys", "0003_functions")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        _function("workflows_inbox_lock(uuid, bool)"),
        _function("workflows_store_events(uuid, jsonb, uuid, timestamptz)"),
        _function("workflows_publish(uuid, jsonb)", APP),
        _function("workflows_signal(uuid, uuid, jsonb, bool)", APP),
        _function("workflows_due(uuid, uuid, timestamptz)"),
        _function("workflows_inbox(uuid, uuid)", APP),
        _function("workflows_suspend(uuid, uuid, text, timestamptz)"),
        _function("workflows_claim(uuid, uuid, text, double precision, int)", APP),
        _function("workflows_listen(uuid, uuid, jsonb, timestamptz, timestamptz)"),
        _function("workflows_record(uuid, uuid, bigint, jsonb)", APP),
        _function("workflows_fail(uuid, uuid, bigint, text, double precision, int)", APP),
        _function("workflows_renew(text, jsonb, double precision)", APP),
        _function("workflows_marks(jsonb)", APP),
    ]
