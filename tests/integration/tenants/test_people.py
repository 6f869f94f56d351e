"""People, roles, invitations, service accounts: what each role may do, and the ways around it that are closed."""

import threading

import pytest
from django.db import connections

from tenants import services
from tenants.domain import ACTIONS, Role, TenantStatus
from tenants.errors import Conflict, Invalid, NotFound, PermissionDenied, Unauthenticated
from tenants.identity import Origin, invited, scope_of_member, scope_of_token, tenants_of
from tenants.models import AuditEntry, Invitation, Lookup, Membership, OutgoingMail, Unit
from tests import factories
from tests.cast import Cast, committed

ORIGIN = Origin(request_id="test", ip="192.0.2.1")


def membership(cast: Cast, person) -> Membership:
    return Membership.objects.get(user=person)


def token_in_mail() -> str:
    return OutgoingMail.objects.get().body.partition("/invitations/")[2].partition("/")[0]


def test_an_admin_can_neither_give_nor_take_the_owner_role(cast: Cast):
    with cast.acting(Role.ADMIN):
        alice, bob = membership(cast, cast.alice), membership(cast, cast.bob)
        attempts = [
            lambda: services.member_change(bob.id, roles=[Role.OWNER], active=True),
            lambda: services.member_change(alice.id, roles=[Role.AUDITOR], active=True),
            lambda: services.member_change(alice.id, roles=[Role.OWNER], active=False),
            lambda: services.member_invite(email="x@example.test", roles=[Role.OWNER], accept_url="{token}"),
            lambda: factories.service_account("r", Role.OWNER),
        ]
        for attempt in attempts:
            with pytest.raises(Invalid):
                attempt()


def test_an_admin_cannot_become_owner_through_a_service_account(cast: Cast):
    with cast.acting():
        account = factories.service_account("r", Role.OWNER)
    with cast.acting(Role.ADMIN), pytest.raises(Invalid):
        services.api_token_issue(account.id, days=None)


def test_the_last_owner_stays(cast: Cast):
    with cast.acting():
        alice = membership(cast, cast.alice)
        for change in ({"roles": [Role.ADMIN], "active": True}, {"roles": [Role.OWNER], "active": False}):
            with pytest.raises(Conflict):
                services.member_change(alice.id, **change)


@committed
def test_two_owners_cannot_remove_each_other_at_once(cast: Cast):
    factories.member(cast.tenant_a, cast.bob, Role.OWNER)
    with cast.acting():
        ids = [membership(cast, cast.alice).id, membership(cast, cast.bob).id]
    outcomes, start = [], threading.Barrier(2)

    def remove(member_id) -> None:
        start.wait(10)
        try:
            with cast.acting():
                outcomes.append(services.member_change(member_id, roles=[Role.OWNER], active=False).active)
        except Conflict:
            outcomes.append("refused")
        connections.close_all()

    threads = [threading.Thread(target=remove, args=[member_id]) for member_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(map(str, outcomes)) == ["False", "refused"]


def test_a_former_member_who_comes_back_has_the_new_roles_only(cast: Cast):
    with cast.acting():
        bob = membership(cast, cast.bob)
        services.member_change(bob.id, roles=[Role.DEVELOPER], active=False)
    factories.member(cast.tenant_a, cast.bob, Role.AUDITOR)
    with cast.acting():
        assert membership(cast, cast.bob).roles == ["auditor"]


def test_an_invitation_works_once_for_its_address(cast: Cast):
    olga = factories.user("olga@example.test")
    with cast.acting():
        services.member_invite(email="Olga@Example.test", roles=[Role.APPROVER], accept_url=factories.ACCEPT_URL)
    token = token_in_mail()
    found = invited(token, ORIGIN)
    with pytest.raises(NotFound):
        services.invitation_accept(found.scope, token=token, user=cast.charlie)
    services.invitation_accept(found.scope, token=token, user=olga)
    with pytest.raises(NotFound):
        invited(token, ORIGIN)
    assert scope_of_member(olga, cast.tenant_a.slug, ORIGIN)[1].actor.roles == {Role.APPROVER}


def test_a_second_invitation_replaces_the_first(cast: Cast):
    with cast.acting():
        for _ in range(2):
            services.member_invite(email="olga@example.test", roles=[Role.APPROVER], accept_url="{token}")
        assert Invitation.objects.filter(revoked_at__isnull=True).count() == 1


def test_a_revoked_invitation_and_one_of_a_suspended_tenant_open_nothing(cast: Cast):
    with cast.acting():
        services.member_invite(email="olga@example.test", roles=[Role.APPROVER], accept_url=factories.ACCEPT_URL)
    services.tenant_set_status(factories.staff_scope(cast.tenant_a), status=TenantStatus.SUSPENDED, reason="x")
    with pytest.raises(NotFound):
        invited(token_in_mail(), ORIGIN)
    services.tenant_set_status(factories.staff_scope(cast.tenant_a), status=TenantStatus.ACTIVE, reason="x")
    with cast.acting():
        services.invitation_revoke(Invitation.objects.get().id)
    with pytest.raises(NotFound):
        invited(token_in_mail(), ORIGIN)


def test_a_token_ends_with_itself_its_account_and_its_tenant(cast: Cast):
    def works(secret: str) -> bool:
        try:
            return scope_of_token(secret, ORIGIN).tenant_id == cast.tenant_a.id
        except Unauthenticated:
            return False

    with cast.acting():
        account = factories.service_account()
        first, second = (services.api_token_issue(account.id, days=1) for _ in "ab")
        services.api_token_revoke(first[0].id)
    assert (works(first[1].secret), works(second[1].secret)) == (False, True)
    services.tenant_set_status(factories.staff_scope(cast.tenant_a), status=TenantStatus.SUSPENDED, reason="x")
    assert not works(second[1].secret)
    services.tenant_set_status(factories.staff_scope(cast.tenant_a), status=TenantStatus.ACTIVE, reason="x")
    with cast.acting():
        services.service_account_change(account.id, name="r", roles=[Role.DEVELOPER], active=False)
    assert not works(second[1].secret)


def test_secrets_are_nowhere_in_the_database(cast: Cast):
    secret = cast.token(Role.DEVELOPER)
    with cast.acting():
        stored = str([*AuditEntry.objects.values(), *Lookup.objects.values()])
    assert secret not in stored


@pytest.mark.parametrize("role", Role)
def test_the_permission_table_decides_for_services(cast: Cast, role: Role):
    with cast.acting(role):
        if role in ACTIONS["unit.change"]:
            factories.unit()
        else:
            with pytest.raises(PermissionDenied):
                factories.unit()


def test_names_are_unique_beside_each_other_and_free_elsewhere(cast: Cast):
    with cast.acting():
        retail = factories.unit("Retail")
        factories.unit("Cards", parent=retail)
        with pytest.raises(Invalid):
            factories.unit("Cards", parent=retail)
        factories.unit("Cards")
    with cast.acting(tenant=cast.tenant_b):
        factories.unit("Retail")


def test_a_unit_of_another_tenant_is_no_parent(cast: Cast):
    with cast.acting(tenant=cast.tenant_b):
        foreign = factories.unit()
    with cast.acting():
        with pytest.raises(Invalid) as refused:
            factories.unit("Cards", parent=foreign)
        assert list(refused.value.errors) == ["parent_id"]


def test_units_are_archived_from_below_and_restored_from_above(cast: Cast):
    with cast.acting():
        parent = factories.unit("Retail")
        child = factories.unit("Cards", parent=parent)
        with pytest.raises(Conflict):
            services.unit_archive(parent.id, archived=True)
        services.unit_archive(child.id, archived=True)
        services.unit_archive(parent.id, archived=True)
        with pytest.raises(Conflict):
            services.unit_archive(child.id, archived=False)
        with pytest.raises(Invalid):
            factories.unit("Loans", parent=Unit.objects.get(pk=parent.id))


def test_a_person_sees_the_tenants_they_belong_to(cast: Cast):
    factories.member(cast.tenant_b, cast.alice, Role.AUDITOR)
    assert [tenant.name for tenant in tenants_of(cast.alice)] == ["Alpha Bank", "Beta Bank"]
    assert tenants_of(cast.sam) == []
