"""The cast itself: everybody stands where the other tests think they stand."""

import psycopg
import pytest

from tenants.domain import Role
from tenants.errors import NotFound
from tenants.identity import Origin, scope_of_member
from tenants.models import Unit
from tests import factories
from tests.cast import Cast, committed, conninfo

ORIGIN = Origin(request_id="test", ip="192.0.2.1")


def test_bob_has_fewer_roles_than_alice(cast: Cast) -> None:
    assert cast.scope_of(cast.alice).actor.roles == {Role.OWNER}
    assert cast.scope_of(cast.bob).actor.roles == {Role.DEVELOPER}


def test_charlie_and_staff_are_outsiders_of_tenant_a(cast: Cast) -> None:
    for person in (cast.charlie, cast.sam):
        with pytest.raises(NotFound):
            scope_of_member(person, cast.tenant_a.slug, ORIGIN)


@committed
def test_committed_data_is_seen_by_other_connections_inside_its_tenant(cast: Cast) -> None:
    with cast.acting():
        unit = factories.unit("Cards")
    with psycopg.connect(conninfo()) as other:
        assert other.execute("select name from tenants_unit").fetchall() == []
        other.execute("select set_config('app.tenant', %s, true)", [str(cast.tenant_a.id)])
        assert other.execute("select id from tenants_unit").fetchall() == [(unit.id,)]


@pytest.mark.django_db
def test_nothing_of_the_committed_test_is_left() -> None:
    from tenants.models import Tenant

    assert not Tenant.objects.exists()
    assert Unit._meta.base_manager_name == "objects"
