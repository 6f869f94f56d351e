"""Row-level security and grants. Versions cannot be changed; usage is written by a function only."""

from typing import ClassVar

from django.db import migrations

from tenants.rls import TenantTable


class Migration(migrations.Migration):
    """Close every tenant table; the gateway reads what it routes by."""

    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("routing", "0001_initial"),
        ("tenants", "0002_rls"),
        ("keys", "0002_rls"),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        TenantTable(
            "routing_provider",
            refs={"credential_id": "keys_providercredential"},
            app="select,insert,update",
            gateway_select=True,
        ),
        TenantTable(
            "routing_deployment",
            refs={"provider_id": "routing_provider"},
            app="select,insert,update",
            gateway_select=True,
        ),
        TenantTable("routing_route", app="select,insert,update", gateway_select=True),
        TenantTable(
            "routing_routeversion",
            refs={"route_id": "routing_route"},
            app="select,insert",
            gateway_select=True,
        ),
        TenantTable("routing_usagerecord", app="select"),
    ]
