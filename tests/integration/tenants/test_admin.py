"""The platform admin: what staff may do, what everybody else meets."""

import re

import pytest
from django.core import mail

from tenants.domain import Role, TenantStatus
from tenants.models import AuditEntry, ConfigStamp, Membership, PlatformAuditEntry, Tenant, User
from tests import factories
from tests.cast import Cast, committed

NEW = {"slug": "gamma", "name": "Gamma", "time_zone": "UTC", "owner_email": "gina@example.test"}


def stamp(cast: Cast) -> int:
    return ConfigStamp.objects.get(pk=cast.tenant_a.id).version


def change(cast: Cast, **data):
    return cast.browser(cast.sam).post(f"/admin/tenants/tenant/{cast.tenant_a.id}/change/", data)


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/tenants/tenant/", "/admin/nothing/"])
def test_whoever_is_not_staff_finds_nothing(cast: Cast, path):
    assert cast.browser(cast.alice).get(path).status_code == 404


def test_sign_in_is_allauths(cast: Cast):
    response = cast.browser().get("/admin/tenants/tenant/")
    assert response["Location"] == "/accounts/login/?next=/admin/tenants/tenant/"
    assert cast.browser().get("/admin/login/")["Location"].startswith("/accounts/login/")


@committed
def test_creating_a_tenant_audits_stamps_and_invites_the_owner(cast: Cast):
    response = cast.browser(cast.sam).post("/admin/tenants/tenant/add/", NEW)
    assert response.status_code == 302, response.content.decode()
    gamma = Tenant.objects.get(slug="gamma")
    with cast.acting(tenant=gamma):
        assert sorted(AuditEntry.objects.values_list("action", flat=True)) == ["invitation.create", "tenant.create"]
    assert ConfigStamp.objects.filter(pk=gamma.id).exists()
    assert PlatformAuditEntry.objects.filter(action="tenant.create", actor_label="sam@example.test").exists()


@committed
@pytest.mark.parametrize(("field", "value"), [("slug", "Not A Slug"), ("time_zone", "Mars/Base"), ("owner_email", "")])
def test_a_bad_field_is_shown_and_nothing_is_written(cast: Cast, field, value):
    response = cast.browser(cast.sam).post("/admin/tenants/tenant/add/", NEW | {field: value})
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert not Tenant.objects.filter(name="Gamma").exists()


@committed
def test_suspending_touches_the_stamp_and_is_in_the_tenants_audit(cast: Cast):
    before = stamp(cast)
    assert change(cast, status="suspended", reason="unpaid").status_code == 302
    assert Tenant.objects.get(pk=cast.tenant_a.id).status == TenantStatus.SUSPENDED
    assert stamp(cast) == before + 1
    with cast.acting():
        assert AuditEntry.objects.get(action="tenant.status").changes["reason"] == "unpaid"


@committed
def test_suspending_needs_a_reason_and_changes_nothing_else(cast: Cast):
    assert change(cast, status="suspended").status_code == 200
    change(cast, status="suspended", reason="unpaid", slug="stolen", name="Stolen")
    assert Tenant.objects.get(pk=cast.tenant_a.id).slug == cast.tenant_a.slug


@committed
def test_a_new_person_gets_a_link_and_no_password(cast: Cast):
    person = {"email": "Dora@Example.test", "is_active": "on"}
    response = cast.browser(cast.sam).post("/admin/tenants/user/add/", person)
    assert response.status_code == 302, response.content.decode()
    dora = User.objects.get(email="dora@example.test")
    assert not dora.has_usable_password()
    (letter,) = delivered()
    assert letter.to == ["dora@example.test"]
    link = re.search(r"/accounts/password/reset/key/\S+", letter.body)
    assert cast.browser().get(link.group(), follow=True).status_code == 200
    assert PlatformAuditEntry.objects.filter(action="user.create", object_label="dora@example.test").exists()


def delivered():
    """Send what is written, as the worker does."""
    from tenants.mail import mail_deliver
    from tenants.models import OutgoingMail

    for mail_id in OutgoingMail.objects.values_list("pk", flat=True):
        mail_deliver(mail_id)
    return mail.outbox


@committed
def test_staff_reads_no_tenant_without_break_glass(cast: Cast):
    browser = cast.browser(cast.sam)
    home = f"/t/{cast.tenant_a.slug}/"
    assert browser.get(home).status_code == 404
    address = f"/admin/tenants/tenant/{cast.tenant_a.id}/break-glass/"
    assert browser.get(address).status_code == 200
    assert browser.post(address, {"reason": ""}).status_code == 200
    assert browser.get(home).status_code == 404
    assert browser.post(address, {"reason": "ticket 7"})["Location"] == home
    assert browser.get(home).status_code == 200
    assert browser.post(f"{home}units/new/", {"name": "X", "kind": "project"}).status_code == 403


@committed
def test_break_glass_is_seen_by_the_tenant_and_ends_by_itself(cast: Cast):
    cast.browser(cast.sam).post(f"/admin/tenants/tenant/{cast.tenant_a.id}/break-glass/", {"reason": "ticket 7"})
    with cast.acting():
        assert AuditEntry.objects.get(action="break_glass.open").changes["reason"] == "ticket 7"
        membership = Membership.objects.get(user=cast.sam)
        assert (membership.roles, membership.expires_at is not None) == (["auditor"], True)
        Membership.objects.filter(pk=membership.pk).update(expires_at=membership.created_at)
    assert cast.browser(cast.sam).get(f"/t/{cast.tenant_a.slug}/").status_code == 404


@committed
def test_break_glass_never_touches_a_real_membership(cast: Cast):
    factories.member(cast.tenant_a, cast.sam, Role.DEVELOPER)
    cast.browser(cast.sam).post(f"/admin/tenants/tenant/{cast.tenant_a.id}/break-glass/", {"reason": "ticket 7"})
    with cast.acting():
        membership = Membership.objects.get(user=cast.sam)
        assert (membership.roles, membership.expires_at) == (["developer"], None)


@committed
def test_staff_that_is_staff_no_longer_loses_its_access(cast: Cast):
    cast.browser(cast.sam).post(f"/admin/tenants/tenant/{cast.tenant_a.id}/break-glass/", {"reason": "ticket 7"})
    User.objects.filter(pk=cast.sam.pk).update(is_staff=False)
    assert cast.browser(cast.sam).get(f"/t/{cast.tenant_a.slug}/").status_code == 404


@committed
def test_a_platform_token_is_revoked_in_the_admin(cast: Cast):
    secret = factories.platform_token("ops")
    from tenants.models import PlatformToken

    token = PlatformToken.objects.get(name="ops")
    data = {"action": "revoke", "_selected_action": [str(token.id)]}
    cast.browser(cast.sam).post("/admin/tenants/platformtoken/", data)
    answer = cast.browser().get("/api/v1/platform/tenants/", HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert answer.status_code == 401
