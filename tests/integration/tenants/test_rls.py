"""Migration operations of row-level security: closing a table, opening it again, and backfilling under FORCE."""

import pytest
from django.db import connections
from django.db.migrations.state import ProjectState

from tenants.models import Unit
from tenants.rls import APP, GrantTable, SqlFunction, TenantTable, for_each_tenant
from tests import factories
from tests.cast import Cast, committed_as_owner

RENAME = "update tenants_unit set name = 'Renamed'"


def names(cast: Cast, tenant) -> list[str]:
    with cast.acting(tenant=tenant):
        return list(Unit.objects.values_list("name", flat=True))


@committed_as_owner
def test_a_bare_update_changes_nothing_and_a_backfill_changes_every_tenant(cast: Cast):
    for tenant in (cast.tenant_a, cast.tenant_b):
        with cast.acting(tenant=tenant):
            factories.unit("Old")
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute(RENAME)
        assert cursor.rowcount == 0
    with owner.schema_editor(atomic=True) as editor:
        for_each_tenant(lambda _apps, one: one.execute(RENAME))(None, editor)
    assert names(cast, cast.tenant_a) == names(cast, cast.tenant_b) == ["Renamed"]


@committed_as_owner
def test_a_backfill_outside_a_transaction_is_refused(cast: Cast):
    with connections["owner"].schema_editor(atomic=False) as editor, pytest.raises(RuntimeError, match="atomic"):
        for_each_tenant(lambda _apps, one: one.execute(RENAME))(None, editor)


OPERATIONS = [
    TenantTable("tests_thing", refs={"unit_id": "tenants_unit"}, gateway_select=True, relay_columns=("id",)),
    GrantTable("tests_plain", {APP: "select"}),
    SqlFunction("tests_answer()", "create function tests_answer() returns int language sql as 'select 42'", [APP]),
]


@committed_as_owner
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: type(one).__name__)
def test_an_operation_can_be_undone_and_done_again(cast: Cast, operation):
    state = ProjectState()
    with connections["owner"].schema_editor(atomic=True) as editor:
        editor.execute("create table tests_thing (id uuid primary key, tenant_id uuid, unit_id uuid)")
        editor.execute("create table tests_plain (id uuid primary key)")
        operation.database_forwards("tenants", editor, state, state)
        operation.database_backwards("tenants", editor, state, state)
        operation.database_forwards("tenants", editor, state, state)
        editor.execute("drop table tests_thing, tests_plain")
        editor.execute("drop function if exists tests_answer()")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: type(one).__name__)
def test_an_operation_can_be_written_down_for_squashing(operation):
    name, args, kwargs = operation.deconstruct()
    again = {cls.__name__: cls for cls in (TenantTable, GrantTable, SqlFunction)}[name](*args, **kwargs)
    assert (again.sql, again.reverse_sql) == (operation.sql, operation.reverse_sql)
