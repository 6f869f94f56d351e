"""Row-level security and rights. Runs, history, signals, timers, events: read by the app, written by the SQL
functions.
"""

from typing import ClassVar

from django.db import migrations

from tenants.rls import TenantTable

READ_ONLY = "select"
APPEND = "select,insert"


class Migration(migrations.Migration):
    """Close every table of workflows."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("workflows", "0001_initial"), ("tenants", "0002_rls")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        TenantTable("workflows_definition", refs={"unit_id": "tenants_unit"}, app="select,insert,update"),
        TenantTable("workflows_definitionversion", refs={"definition_id": "workflows_definition"}, app=APPEND),
        TenantTable(
            "workflows_run",
            refs={"definition_id": "workflows_definition", "version_id": "workflows_definitionversion"},
            relay_columns=("id", "tenant_id", "wake_at", "lease_expires_at"),
            app="select,insert,update(status,suspended_reason,wake_at,recoveries)",
        ),
        TenantTable("workflows_runevent", app=READ_ONLY),
        TenantTable("workflows_runsignal", app=READ_ONLY),
        TenantTable("workflows_timer", app=READ_ONLY),
        TenantTable("workflows_event", app=READ_ONLY),
        TenantTable("workflows_subscription", app="select,insert,delete"),
        TenantTable("workflows_delivery", relay_columns=("id", "tenant_id", "status", "due_at"), app="select,update"),
        # the row of a run changes at every step: leave room beside it, so that no index has to
        migrations.RunSQL(
            "alter table workflows_run set (fillfactor = 60)", "alter table workflows_run reset (fillfactor)"
        ),
    ]
