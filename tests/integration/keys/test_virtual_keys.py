"""Virtual keys through the services: issue, change, rotate, revoke."""

from datetime import timedelta

import pytest
from django.utils import timezone

from keys.domain import key_format
from keys.domain.limits import Meter, Window
from keys.models import VirtualKeySecret
from keys.selectors import effective_limits, virtual_key_list
from keys.services import (
    IssuedKey,
    limit_create,
    virtual_key_change,
    virtual_key_issue,
    virtual_key_revoke,
    virtual_key_rotate,
)
from tenants.domain import Role
from tenants.errors import Conflict, Invalid, NotFound, PermissionDenied
from tenants.ids import uuid7
from tenants.models import AuditEntry, ConfigStamp, Lookup
from tenants.services import unit_archive
from tests import factories
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def issue(**more: object) -> IssuedKey:
    """A key of a fresh unit."""
    return virtual_key_issue(unit_id=factories.unit(str(uuid7())).id, name="app", **more)  # type: ignore[arg-type]


def secrets_of(issued: IssuedKey) -> list[VirtualKeySecret]:
    return list(VirtualKeySecret.objects.filter(virtual_key=issued.key).order_by("id"))


def test_the_secret_is_returned_once_and_only_its_digest_is_kept(cast: Cast) -> None:
    with cast.acting():
        issued = issue()
    assert key_format.is_well_formed(issued.secret)
    assert bytes(issued.row.digest) == key_format.digest(issued.secret)
    assert issued.secret not in str(vars(issued.row)) + str(vars(issued.key))
    found = Lookup.objects.get(kind="virtual_key", digest=issued.row.digest)
    assert (found.tenant_id, found.object_id) == (cast.tenant_a.id, issued.row.id)


def test_each_write_is_audited_and_tells_the_gateway(cast: Cast) -> None:
    with cast.acting():
        issued = issue()
        for action in (
            lambda: virtual_key_change(issued.key.id, name="web", allowed_models=["fast"], expires_at=None),
            lambda: virtual_key_rotate(issued.key.id, overlap_hours=1),
            lambda: virtual_key_revoke(issued.key.id, reason="leaked"),
        ):
            before = ConfigStamp.objects.get(tenant_id=cast.tenant_a.id).version
            action()
            assert ConfigStamp.objects.get(tenant_id=cast.tenant_a.id).version > before
        actions = (
            AuditEntry.objects.filter(object_id=str(issued.key.id)).order_by("id").values_list("action", flat=True)
        )
        assert list(actions) == [f"virtual_key.{word}" for word in ("issue", "change", "rotate", "revoke")]
        assert not AuditEntry.objects.filter(changes__icontains=issued.secret).exists()


@pytest.mark.parametrize("hours", [1, 24, 168])
def test_rotation_lets_the_old_secret_live_for_the_overlap(cast: Cast, hours: int) -> None:
    with cast.acting():
        issued = issue()
        fresh = virtual_key_rotate(issued.key.id, overlap_hours=hours)
        old, new = secrets_of(issued)
    assert fresh.secret != issued.secret
    assert (new.expires_at, old.revoked_at, new.revoked_at) == (None, None, None)
    assert old.expires_at is not None
    assert abs(old.expires_at - timezone.now() - timedelta(hours=hours)) < timedelta(minutes=1)


def test_rotation_without_overlap_ends_every_old_secret_at_once(cast: Cast) -> None:
    with cast.acting():
        issued = issue()
        virtual_key_rotate(issued.key.id, overlap_hours=168)
        virtual_key_rotate(issued.key.id, overlap_hours=0)
        *old, new = secrets_of(issued)
    assert all(row.revoked_at for row in old)
    assert new.revoked_at is None


def test_a_second_rotation_never_prolongs_an_older_secret(cast: Cast) -> None:
    with cast.acting():
        issued = issue()
        virtual_key_rotate(issued.key.id, overlap_hours=1)
        before = secrets_of(issued)[0].expires_at
        virtual_key_rotate(issued.key.id, overlap_hours=168)
        assert secrets_of(issued)[0].expires_at == before


def test_an_overlap_of_another_length_is_refused_by_name(cast: Cast) -> None:
    with cast.acting(), pytest.raises(Invalid) as caught:
        virtual_key_rotate(uuid7(), overlap_hours=2)
    assert set(caught.value.errors) == {"overlap_hours"}


def test_a_revoked_key_is_revoked_for_ever(cast: Cast) -> None:
    with cast.acting():
        issued = issue()
        key = virtual_key_revoke(issued.key.id)
        assert virtual_key_revoke(issued.key.id).revoked_at == key.revoked_at
        assert all(row.revoked_at for row in secrets_of(issued))
        with pytest.raises(Conflict):
            virtual_key_rotate(issued.key.id, overlap_hours=0)
        with pytest.raises(Conflict):
            virtual_key_change(issued.key.id, name="again", allowed_models=[], expires_at=None)


def test_bad_input_is_refused_by_field(cast: Cast) -> None:
    with cast.acting():
        unit = factories.unit("Cards")
        virtual_key_issue(unit_id=unit.id, name="app")
        yesterday = timezone.now() - timedelta(days=1)
        wrong = {
            "name": {"name": "app"},
            "expires_at": {"name": "x", "expires_at": yesterday},
            "allowed_models": {"name": "x", "allowed_models": [str(n) for n in range(201)]},
        }
        for field, values in wrong.items():
            with pytest.raises(Invalid) as caught:
                virtual_key_issue(unit_id=unit.id, **values)  # type: ignore[arg-type]
            assert set(caught.value.errors) == {field}


def test_an_archived_unit_gets_no_keys(cast: Cast) -> None:
    with cast.acting():
        unit = factories.unit("Cards")
        unit_archive(unit.id, archived=True)
        with pytest.raises(Invalid, match="attention"):
            virtual_key_issue(unit_id=unit.id, name="app")


@pytest.mark.parametrize("role", [Role.ARCHITECT, Role.APPROVER, Role.DEVELOPER, Role.AUDITOR])
def test_only_owners_and_admins_change_keys(cast: Cast, role: Role) -> None:
    with cast.acting():
        issued = issue()
    with cast.acting(role), pytest.raises(PermissionDenied):
        virtual_key_revoke(issued.key.id)


def test_an_outsider_does_not_find_the_key(cast: Cast) -> None:
    with cast.acting():
        issued = issue()
    with cast.acting(tenant=cast.tenant_b):
        assert not virtual_key_list().exists()
        with pytest.raises(NotFound):
            virtual_key_revoke(issued.key.id)
        with pytest.raises(NotFound):
            virtual_key_issue(unit_id=issued.key.unit_id, name="mine")


def test_all_limits_on_the_path_are_effective_and_the_tightest_is_named(cast: Cast) -> None:
    with cast.acting():
        top = factories.unit("Retail")
        unit, other = factories.unit("Cards", parent=top), factories.unit("Loans")
        key = virtual_key_issue(unit_id=unit.id, name="app").key
        budget = {"meter": Meter.COST, "window": Window.MONTH, "amount": 1000}
        places = ({"virtual_key_id": key.id}, {"unit_id": unit.id}, {"unit_id": top.id}, {}, {"unit_id": other.id})
        made = [limit_create(name=f"limit {n}", **budget, **place) for n, place in enumerate(places)]  # type: ignore[arg-type]
        limit_create(name="none", meter=Meter.REQUESTS, window=Window.DAY, amount=0)
        found = effective_limits(key)
    assert {state.id for state in found.states} >= {limit.id for limit in made[:4]}
    assert made[4].id not in {state.id for state in found.states}
    assert found.tightest is not None
    assert found.tightest.name == "none"
