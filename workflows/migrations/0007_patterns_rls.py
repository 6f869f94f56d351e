"""Row-level security and rights of pattern configurations."""

from typing import ClassVar

from django.db import migrations

from tenants.rls import TenantTable


class Migration(migrations.Migration):
    """Close the tables of pattern configurations."""

    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("workflows", "0006_patterns"),
        ("routing", "0002_rls"),
        ("connectors", "0002_rls"),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        TenantTable(
            "workflows_patternconfiguration",
            refs={
                "unit_id": "tenants_unit",
                "route_id": "routing_route",
                "connector_id": "connectors_connector",
            },
            app="select,insert,update",
        ),
        TenantTable(
            "workflows_patternparticipant",
            refs={
                "configuration_id": "workflows_patternconfiguration",
                "definition_id": "workflows_definition",
            },
            app="select,insert,delete",
        ),
    ]
