"""The unit of work: who may join whom, what is left after it, and what never reads a tenant's rows."""

import asyncio
import contextvars
import threading
from contextlib import suppress

import pytest
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection, connections, transaction
from django.db.models import Max

from tenants.domain import Role
from tenants.errors import NoScope, WrongTenant
from tenants.models import AuditEntry, Membership, Tenant, Unit
from tenants.scope import current_scope, tenant_tx, use_scope
from tests import factories
from tests.cast import Cast, committed, committed_as_owner


def setting() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(current_setting('app.tenant', true), '')")
        return cursor.fetchone()[0]


def outcome_in_thread(work) -> list:
    """What `work` gives in another thread that inherits the context, as sync_to_async and copies of it do."""
    outcome, context = [], contextvars.copy_context()

    def run() -> None:
        try:
            outcome.append(context.run(work))
        except Exception as error:
            outcome.append(type(error))
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    return outcome


def test_tenant_tables_are_closed_outside_a_unit_of_work(cast: Cast):
    reads = [Unit.objects.all, Unit.objects.count, Unit.objects.exists, lambda: Unit.objects.filter(name="x")]
    with use_scope(cast.scope()):  # a scope alone opens nothing
        for read in reads:
            with pytest.raises(NoScope):
                read()


def test_a_query_set_that_outlives_its_unit_of_work_raises_instead_of_finding_nothing(cast: Cast):
    with cast.acting():
        units = Unit.objects.all()
    writes = (units.delete, lambda: units.update(name="x"), lambda: units.aggregate(Max("name")))
    for read in (lambda: list(units), units.count, units.exists, units.iterator, *writes):
        with pytest.raises(NoScope):
            read()


def test_there_is_no_scope_after_the_block_nor_after_an_error(cast: Cast):
    with pytest.raises(KeyError), cast.acting():
        raise KeyError
    with pytest.raises(NoScope):
        current_scope()
    assert setting() == ""


def test_the_same_tenant_joins_and_the_outermost_block_commits(cast: Cast):
    with cast.acting() as outer:
        with cast.acting(Role.ADMIN) as inner:
            assert current_scope() == inner
            factories.unit()
        assert current_scope() == outer
        assert setting() == str(cast.tenant_a.id)
        assert Unit.objects.count() == 1


def test_an_error_in_a_joined_block_undoes_that_block_only(cast: Cast):
    with cast.acting():
        factories.unit("Kept")
        with suppress(KeyError), cast.acting():
            factories.unit("Undone")
            raise KeyError
        assert list(Unit.objects.values_list("name", flat=True)) == ["Kept"]
        assert setting() == str(cast.tenant_a.id)


def test_another_tenant_is_refused_inside(cast: Cast):
    other = cast.scope(tenant=cast.tenant_b)
    with cast.acting():
        with pytest.raises(WrongTenant), tenant_tx(other):
            pass
        with pytest.raises(WrongTenant), use_scope(other):
            pass
        with pytest.raises(WrongTenant), tenant_tx(cast.scope(), using="relay"):
            pass


@committed
def test_it_refuses_to_be_a_part_of_a_plain_transaction(cast: Cast):
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic(), cast.acting():
        pass


@committed
def test_two_units_of_work_follow_each_other_on_one_connection(cast: Cast):
    for tenant in (cast.tenant_a, cast.tenant_b, cast.tenant_a):
        with cast.acting(tenant=tenant):
            assert setting() == str(tenant.id)
        assert setting() == ""


@committed
def test_another_thread_does_not_take_the_open_transaction_for_its_own(cast: Cast):
    with cast.acting():
        factories.unit()
        assert outcome_in_thread(Unit.objects.all) == [NoScope]


@committed
def test_another_thread_opens_its_own_unit_of_work(cast: Cast):
    def count() -> int:
        with tenant_tx():
            return Unit.objects.count()

    with cast.acting():
        factories.unit()
        assert outcome_in_thread(count) == [0]  # not committed yet
    assert outcome_in_thread(lambda: use_and_count(cast)) == [1]


def use_and_count(cast: Cast) -> int:
    with cast.acting():
        return Unit.objects.count()


def test_async_code_is_refused(cast: Cast):
    async def read() -> None:
        with cast.acting():
            pass

    with pytest.raises(SynchronousOnlyOperation):
        asyncio.run(read())


def test_a_row_cannot_be_written_into_another_tenant(cast: Cast):
    with cast.acting(tenant=cast.tenant_b):
        foreign = factories.unit()
    with cast.acting():
        for write in (foreign.save, foreign.delete, lambda: Unit.objects.bulk_create([foreign])):
            with pytest.raises(WrongTenant):
                write()
        with pytest.raises(WrongTenant):
            Unit.objects.update(tenant=cast.tenant_b)


def test_related_rows_and_refreshes_pass_the_same_door(cast: Cast):
    with cast.acting():
        parent = factories.unit("Retail")
        child = Unit.objects.get(pk=factories.unit("Cards", parent=parent).pk)
    with pytest.raises(NoScope):
        child.parent  # noqa: B018  # the read is the point
    with pytest.raises(NoScope):
        parent.refresh_from_db()
    with pytest.raises(NoScope):
        parent.children.all()


def test_rows_can_be_locked(cast: Cast):
    with cast.acting():
        unit = factories.unit()
        assert Unit.objects.select_for_update().get(pk=unit.pk) == unit


@committed_as_owner
def test_even_the_owner_of_the_tables_sees_one_tenant_only(cast: Cast):
    with connections["owner"].cursor() as cursor:
        cursor.execute("select count(*) from tenants_membership")
        assert cursor.fetchone() == (0,)


@committed
def test_sql_that_forgets_the_tenant_finds_its_own_rows_only(cast: Cast):
    with cast.acting(), connection.cursor() as cursor:
        cursor.execute("select distinct tenant_id from tenants_membership")
        assert cursor.fetchall() == [(cast.tenant_a.id,)]
        cursor.execute("update tenants_membership set active = false where tenant_id = %s", [cast.tenant_b.id])
        assert cursor.rowcount == 0


@committed
def test_audit_rows_cannot_be_changed_or_removed_by_the_app(cast: Cast):
    from django.db import ProgrammingError

    for statement in ("delete from tenants_auditentry", "update tenants_auditentry set action = 'x'"):
        with pytest.raises(ProgrammingError, match="permission denied"), cast.acting():
            connection.cursor().execute(statement)
    with cast.acting():
        assert AuditEntry.objects.exists()
        assert Membership.objects.count() == 2
    assert Tenant.objects.count() == 2
