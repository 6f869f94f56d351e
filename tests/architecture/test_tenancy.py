"""Tenancy, read from the database's own catalogue and the model registry: no table can forget what isolates it."""

import pytest
from django.apps import apps
from django.db import connection, connections, models

from tenants.models import TenantForeignKey, TenantOwned
from tenants.rls import APP, AUDITOR, GATEWAY, OWNER, RELAY, RUNTIME_ROLES
from tests.world import tenant_models

OURS = ("tenants", "keys", "connectors", "routing", "workflows", "studio")
# tables of ours without row-level security, each with the reason
UNSCOPED = {
    "tenants_user": "people belong to no tenant; memberships say where they may do what",
    "tenants_user_groups": "Django's; empty, groups are not used",
    "tenants_user_user_permissions": "Django's; empty, permissions are roles",
    "tenants_tenant": "the list of tenants itself; found by slug before a scope exists",
    "tenants_lookup": "digest to tenant and object, read before a tenant is known",
    "tenants_configstamp": "one number per tenant that gateways poll over all tenants",
    "tenants_platformtoken": "tokens of the platform operator",
    "tenants_platformauditentry": "what platform staff did outside any tenant",
    "tenants_outgoingmail": "mails waiting to be sent; a password reset belongs to no tenant",
    "tenants_reviewrequest": "people who ask on the public page have no tenant yet",
    "tenants_heartbeat": "when background processes were last alive",
}
CURRENT = "NULLIF(current_setting('app.tenant'::text, true), ''::text)"

pytestmark = pytest.mark.django_db


def rows(query: str, *parameters: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def our_tables() -> set[str]:
    found = apps.get_models(include_auto_created=True)
    return {model._meta.db_table for model in found if model._meta.app_label in OURS}


def tenant_tables() -> list[str]:
    return sorted(model._meta.db_table for model in tenant_models())


def columns_of(table: str, kind: str) -> list[list[str]]:
    """Column lists of the constraints or unique indexes of a table."""
    query = """
        select array(select attname::text from unnest({keys}) with ordinality k(number, place)
                     join pg_attribute on attrelid = {table} and attnum = k.number order by place)
        from {source} where {table} = %s::regclass and {condition}"""
    if kind == "unique":
        parts = {"keys": "indkey::smallint[]", "table": "indrelid", "source": "pg_index"}
        return [row[0] for row in rows(query.format(**parts, condition="indisunique and not indisprimary"), table)]
    parts = {"keys": "conkey", "table": "conrelid", "source": "pg_constraint"}
    return [row[0] for row in rows(query.format(**parts, condition="contype = 'f'"), table)]


def test_every_table_is_tenant_owned_or_named_with_its_reason():
    assert our_tables() - set(tenant_tables()) == set(UNSCOPED)


def test_no_table_hides_from_the_model_registry():
    present = {name for (name,) in rows("select tablename from pg_tables where schemaname = 'public'")}
    known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert present - known == {"django_migrations"}


@pytest.mark.parametrize("table", tenant_tables())
def test_row_level_security_is_enabled_and_forced(table):
    assert rows("select relrowsecurity, relforcerowsecurity from pg_class where oid = %s::regclass", table) == [
        (True, True)
    ]


@pytest.mark.parametrize("table", tenant_tables())
def test_policies_let_each_role_see_what_it_may(table):
    found = {
        name: (set(roles), command, using, check)
        for name, roles, command, using, check in rows(
            "select policyname, roles::text[], cmd, qual, with_check from pg_policies where tablename = %s", table
        )
    }
    roles, command, using, check = found.pop("tenant")
    assert (roles, command) == ({OWNER, APP}, "ALL")
    assert CURRENT in using
    assert using == check
    for name, allowed in (("auditor", AUDITOR), ("gateway", GATEWAY), ("relay", RELAY)):
        if name in found:
            assert found.pop(name)[:2] == ({allowed}, "SELECT")
    assert found == {}


@pytest.mark.parametrize("table", tenant_tables())
def test_the_tenant_leads_every_unique_index(table):
    unique = columns_of(table, "unique")
    assert ["tenant_id", "id"] in unique
    assert [columns for columns in unique if columns[:1] != ["tenant_id"]] == []


@pytest.mark.parametrize("model", tenant_models(), ids=lambda model: model._meta.label)
def test_references_stay_in_the_tenant(model):
    foreign = columns_of(model._meta.db_table, "foreign")
    for part in model._meta.concrete_fields:
        if isinstance(part, TenantForeignKey):
            assert ["tenant_id", part.column] in foreign, part
        elif isinstance(part, models.ForeignKey):
            assert not issubclass(part.related_model, TenantOwned), f"{part} must be a TenantForeignKey"


@pytest.mark.parametrize("table", tenant_tables())
def test_only_the_app_writes_and_the_relay_sees_columns_only(table):
    for role in (GATEWAY, RELAY, AUDITOR):
        for right in ("insert", "update", "delete", "truncate"):
            assert rows("select has_table_privilege(%s, %s, %s)", role, table, right) == [(False,)], (role, right)
    assert rows("select has_table_privilege(%s, %s, 'select')", RELAY, table) == [(False,)]
    assert rows("select has_table_privilege(%s, %s, 'truncate')", APP, table) == [(False,)]


def test_there_are_no_views_to_read_around_the_policies():
    query = "select relname from pg_class where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace"
    assert rows(query) == []


def test_functions_with_the_rights_of_the_owner_are_for_named_roles_and_fix_their_path():
    query = """select proname, proacl::text, coalesce(array_to_string(proconfig, ','), '') from pg_proc
               where pronamespace = 'public'::regnamespace and prosecdef"""
    for name, rights, settings in rows(query):
        assert "search_path" in settings, f"{name} must set search_path"
        assert "{=X" not in rights, f"{name} may be executed by public"
        assert ",=X" not in rights, f"{name} may be executed by public"


def test_the_roles_can_do_nothing_beyond_their_rights():
    query = """select rolname from pg_roles where rolname = any(%s)
               and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)"""
    assert rows(query, list(RUNTIME_ROLES)) == []


@pytest.mark.django_db(databases=["default", "relay", "auditor"])
@pytest.mark.parametrize("alias", ["default", "relay", "auditor"])
def test_the_live_connections_of_this_process_are_no_owners(alias):
    with connections[alias].cursor() as cursor:
        cursor.execute("""select session_user = current_user and not exists (
            select from pg_roles r where pg_has_role(session_user, r.oid, 'member')
            and (r.rolsuper or r.rolbypassrls or exists (select from pg_tables where tableowner = r.rolname)))""")
        assert cursor.fetchone() == (True,)
