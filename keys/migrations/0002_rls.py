"""Row-level security and rights. Counters, holds and ledger are read-only to every role; the SQL functions write."""

from typing import ClassVar

from django.db import migrations

from tenants.rls import TenantTable

READ_ONLY = "select"


class Migration(migrations.Migration):
    """Close every table of keys."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("keys", "0001_initial"), ("tenants", "0002_rls")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        TenantTable(
            "keys_virtualkey", refs={"unit_id": "tenants_unit"}, gateway_select=True, app="select,insert,update"
        ),
        TenantTable(
            "keys_virtualkeysecret",
            refs={"virtual_key_id": "keys_virtualkey"},
            gateway_select=True,
            app="select,insert,update",
        ),
        TenantTable(
            "keys_limit",
            refs={"virtual_key_id": "keys_virtualkey", "unit_id": "tenants_unit"},
            gateway_select=True,
            app="select,insert,update",
        ),
        TenantTable(
            "keys_limitperiod", refs={"limit_id": "keys_limit"}, gateway_select=True, app="select,update(amount,hard)"
        ),
        TenantTable("keys_hold", gateway_select=True, relay_columns=("id", "tenant_id", "expires_at"), app=READ_ONLY),
        TenantTable("keys_ledgerentry", app=READ_ONLY),
        TenantTable("keys_tenantkey", gateway_select=True, app="select,insert,update"),
        TenantTable("keys_providercredential", gateway_select=True),
    ]
