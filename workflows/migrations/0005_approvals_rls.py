"""Row-level security and rights of approvals; the relay finds those whose time is over."""

from typing import ClassVar

from django.db import migrations

from tenants.rls import TenantTable


class Migration(migrations.Migration):
    """Close the tables of approvals."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("workflows", "0004_approvals")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        TenantTable(
            "workflows_approval",
            refs={"run_id": "workflows_run"},
            relay_columns=("id", "tenant_id", "status", "expires_at"),
            app="select,insert,update",
        ),
        TenantTable(
            "workflows_approvallink",
            refs={"approval_id": "workflows_approval"},
            app="select,insert,update(used_at,revoked_at)",
        ),
    ]
