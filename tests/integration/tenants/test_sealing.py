"""The audit chain: sealed once, in order, by one sealer at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections

from tenants.models import AuditEntry
from tenants.scope import tenant_tx
from tenants.sealing import seal_all, seal_tenant, verify_tenant
from tests import factories
from tests.cast import Cast, committed, committed_as_owner


def in_threads(count: int, work) -> list:
    def run(_: int):
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@committed
def test_sealers_at_once_number_every_entry_once(cast: Cast):
    with cast.acting():
        for number in range(30):
            factories.unit(f"Unit {number}")
    sealed = in_threads(4, lambda: seal_tenant(cast.tenant_a.id))
    result = verify_tenant(cast.tenant_a.id)
    assert (sum(sealed), result.sealed, result.unsealed, result.reason) == (33, 33, 0, "")


@committed
def test_sealing_does_not_wait_for_an_open_transaction_and_seals_it_later(cast: Cast):
    seal_all()
    written, leave = threading.Event(), threading.Event()

    def slow_change() -> None:
        with cast.acting():
            factories.service_account("slow")  # a change that no other one waits for
            written.set()
            leave.wait(10)
        connections.close_all()

    thread = threading.Thread(target=slow_change)
    thread.start()
    written.wait(10)
    with cast.acting():
        factories.service_account("fast")
    assert seal_all() == 1
    leave.set()
    thread.join(10)
    assert seal_all() == 1
    assert verify_tenant(cast.tenant_a.id).reason == ""


@committed
def test_a_sealed_entry_cannot_be_sealed_again(cast: Cast):
    import pytest
    from django.db import IntegrityError

    seal_all()
    with pytest.raises(IntegrityError, match="is sealed"), cast.acting():
        AuditEntry.objects.filter(seq=1).update(hash=bytes(32))


def tamper(cast: Cast, statement: str) -> str:
    """Change rows as somebody with the owner's rights could; return what verification says."""
    seal_all()
    with tenant_tx(cast.scope(), using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("alter table tenants_auditentry disable trigger audit_sealed_once")
        cursor.execute(statement)
        cursor.execute("alter table tenants_auditentry enable trigger audit_sealed_once")
    result = verify_tenant(cast.tenant_a.id)
    return f"{result.bad_seq}: {result.reason}"


@committed_as_owner
def test_a_changed_entry_is_found(cast: Cast):
    statement = "update tenants_auditentry set actor_label = 'mallory' where seq = 2"
    assert tamper(cast, statement) == "2: the entry was changed after it was sealed"


@committed_as_owner
def test_a_missing_entry_is_found(cast: Cast):
    assert tamper(cast, "delete from tenants_auditentry where seq = 2") == "3: entry 2 is missing"


@committed_as_owner
def test_a_cut_end_is_found(cast: Cast):
    said = tamper(cast, "delete from tenants_auditentry where seq = 3")
    assert said == "3: entries are missing at the end of the chain"


@committed
def test_the_relay_sees_which_tenants_have_work_and_nothing_of_the_entries(cast: Cast):
    import pytest
    from django.db import ProgrammingError

    with connections["relay"].cursor() as cursor:
        cursor.execute("select count(distinct tenant_id) from tenants_auditentry where seq is null")
        assert cursor.fetchone() == (2,)
        with pytest.raises(ProgrammingError, match="permission denied"):
            cursor.execute("select actor_label from tenants_auditentry")
    assert connection.alias == "default"
