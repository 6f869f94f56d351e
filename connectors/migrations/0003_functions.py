"""The SQL functions of permits, from `permits.sql` beside this file. They run with the rights of the caller."""

from pathlib import Path
from typing import ClassVar

from django.db import migrations

from tenants.rls import APP, SqlFunction

_ASK, _END = Path(__file__).with_name("permits.sql").read_text(encoding="utf-8").split("--;;\n")


class Migration(migrations.Migration):
    """Create the functions."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("connectors", "0002_rls")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        SqlFunction("connectors_permit_ask(uuid, uuid, text, double precision)", _ASK, (APP,)),
        SqlFunction("connectors_permit_end(uuid, boolean)", _END, (APP,)),
    ]
