"""The one way to write usage records."""

from pathlib import Path
from typing import ClassVar

from django.db import migrations

from tenants.rls import APP, GATEWAY, OWNER, SqlFunction

SOURCE = Path(__file__).with_name("routing_record.sql")


class Migration(migrations.Migration):
    """Create `routing_record`, owned by the owner so that it may insert, for the gateway and the app."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("routing", "0002_rls")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        SqlFunction("routing_record(jsonb)", SOURCE, grants=(APP, GATEWAY, OWNER)),
    ]
