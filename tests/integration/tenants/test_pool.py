"""Django's pool of connections: no tenant stays on one, and waiting for one ends."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.db import OperationalError, connections

from config import wiring
from config.services import django_database
from tenants.models import Unit
from tenants.scope import tenant_tx
from tests import factories
from tests.cast import Cast

POOLED = "auditor"  # an alias that nothing else in these tests uses

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", POOLED])


@pytest.fixture
def pooled(transactional_db: None) -> Iterator[str]:
    """An alias with a pool, as `default` has in production, but of one connection."""
    connections[POOLED].close()
    present = connections[POOLED].settings_dict
    wanted = django_database("postgresql:///any", pool=True)
    present["OPTIONS"]["pool"] = wanted["OPTIONS"]["pool"] | {"max_size": 1, "timeout": 0.2}
    present["CONN_HEALTH_CHECKS"] = wanted["CONN_HEALTH_CHECKS"]
    yield POOLED
    connections[POOLED].close()
    connections[POOLED].close_pool()
    del present["OPTIONS"]["pool"]


def checked_out(alias: str) -> tuple[str, int]:
    with connections[alias].cursor() as cursor:
        cursor.execute("select coalesce(current_setting('app.tenant', true), ''), pg_backend_pid()")
        return cursor.fetchone()


def test_a_connection_that_comes_back_names_no_tenant(cast: Cast, pooled: str):
    with cast.acting():
        factories.unit()
    with tenant_tx(cast.scope(), using=pooled):
        assert Unit.objects.using(pooled).count() == 1
        _, first = checked_out(pooled)
    connections[pooled].close()
    assert checked_out(pooled) == ("", first)


def test_a_role_is_judged_once_for_each_connection(cast: Cast, pooled: str):
    before = len(wiring._judged)
    for _ in range(3):
        checked_out(pooled)
        connections[pooled].close()
    assert len(wiring._judged) <= before + 1


def test_a_connection_that_the_server_has_ended_is_not_handed_out(cast: Cast, pooled: str):
    _, first = checked_out(pooled)
    connections[pooled].close()
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(%s, 5000)", [first])  # waits until it has ended
    assert checked_out(pooled)[1] != first


def test_waiting_for_a_connection_ends(cast: Cast, pooled: str):
    import threading

    checked_out(pooled)
    outcome: list[type] = []

    def wait() -> None:
        try:
            checked_out(pooled)
        except OperationalError:
            outcome.append(OperationalError)

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(10)
    assert outcome == [OperationalError]
