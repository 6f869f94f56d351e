"""Row-level security and rights. The log of calls is append-only."""

from typing import ClassVar

from django.db import migrations

from tenants.rls import TenantTable


class Migration(migrations.Migration):
    """Close every table of connectors."""

    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("connectors", "0001_initial"),
        ("tenants", "0002_rls"),
        ("keys", "0002_rls"),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        TenantTable("connectors_permitpool", app="select,insert,update"),
        TenantTable(
            "connectors_connector",
            refs={"credential_id": "keys_providercredential", "pool_id": "connectors_permitpool"},
            app="select,insert,update",
        ),
        TenantTable("connectors_operation", refs={"connector_id": "connectors_connector"}),
        TenantTable("connectors_permit", refs={"pool_id": "connectors_permitpool"}),
        TenantTable("connectors_calllog", app="select,insert"),
    ]
