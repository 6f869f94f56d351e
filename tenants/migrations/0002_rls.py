"""Row-level security and grants of the kernel's tables."""

from typing import ClassVar

from django.db import migrations

from tenants.rls import APP, GATEWAY, RELAY, GrantTable, TenantTable

SEALED_ONCE = """
create function tenants_audit_guard() returns trigger language plpgsql as $$
begin
    if old.seq is not null then
        raise exception 'audit entry % is sealed', old.id using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger audit_sealed_once before update on tenants_auditentry
    for each row execute function tenants_audit_guard();
"""


class Migration(migrations.Migration):
    """Close every tenant table; name the rights on the others."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("tenants", "0001_initial")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        TenantTable(
            "tenants_unit", refs={"parent_id": "tenants_unit"}, app="select,insert,update", gateway_select=True
        ),
        TenantTable("tenants_membership", app="select,insert,update"),
        TenantTable("tenants_invitation", app="select,insert,update"),
        TenantTable("tenants_serviceaccount", app="select,insert,update"),
        TenantTable(
            "tenants_apitoken",
            refs={"service_account_id": "tenants_serviceaccount"},
            app="select,insert,update",
        ),
        TenantTable(
            "tenants_auditentry",
            app="select,insert,update(seq,previous,hash)",
            relay_columns=("tenant_id", "seq"),
        ),
        migrations.RunSQL(SEALED_ONCE, "drop function tenants_audit_guard() cascade"),
        TenantTable("tenants_audithead", app="select,insert,update"),
        TenantTable("tenants_idempotencyrecord", relay_columns=("tenant_id", "created_at")),
        GrantTable("tenants_tenant", {APP: "select,insert,update", GATEWAY: "select", RELAY: "select"}),
        GrantTable("tenants_user", {APP: "select,insert,update"}),
        GrantTable("tenants_user_groups", {APP: "select,insert,delete"}),
        GrantTable("tenants_user_user_permissions", {APP: "select,insert,delete"}),
        GrantTable("tenants_lookup", {APP: "select,insert,delete", GATEWAY: "select"}),
        GrantTable("tenants_configstamp", {APP: "select,insert,update", GATEWAY: "select"}),
        GrantTable("tenants_platformtoken", {APP: "select,insert,update"}),
        GrantTable("tenants_platformauditentry", {APP: "select,insert"}),
        GrantTable("tenants_outgoingmail", {APP: "select,insert,update,delete"}),
        GrantTable("tenants_heartbeat", {APP: "select,insert,update", RELAY: "select,insert,update"}),
    ]
