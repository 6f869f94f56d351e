"""Commands of the platform operator."""

import io

import pytest
from django.core.management import CommandError, call_command

from tenants.models import Invitation, Membership, Tenant
from tenants.sealing import seal_tenant
from tests import factories
from tests.cast import Cast, committed, committed_as_owner

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().strip()


def inside(slug: str):
    from tenants.scope import system_scope, tenant_tx

    return tenant_tx(system_scope(Tenant.objects.get(slug=slug).id, "test"))


def test_a_tenant_is_created_and_its_owner_invited():
    assert "gina@example.test is invited" in run("tenant_create", "gamma", "--owner-email", "gina@example.test")
    with inside("gamma"):
        assert Invitation.objects.get().roles == ["owner"]


def test_an_owner_account_is_made_with_a_password_from_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a long pass phrase\n"))
    run("tenant_create", "gamma", "--owner-email", "gina@example.test", "--owner-password-stdin")
    with inside("gamma"):
        owner = Membership.objects.get()
    assert (owner.roles, owner.user.check_password("a long pass phrase")) == (["owner"], True)


def test_an_existing_person_is_not_taken_over(cast: Cast, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a long pass phrase\n"))
    with pytest.raises(CommandError, match="there is an account"):
        run("tenant_create", "gamma", "--owner-email", cast.alice.email, "--owner-password-stdin")
    assert not Tenant.objects.filter(slug="gamma").exists()


@pytest.mark.parametrize(("slug", "zone"), [("Not A Slug", "UTC"), ("gamma", "Mars/Base")])
def test_bad_words_are_named(slug, zone):
    with pytest.raises(CommandError, match=r"slug|time_zone"):
        run("tenant_create", slug, "--owner-email", "gina@example.test", "--time-zone", zone)


def test_a_platform_token_works_until_it_is_revoked(client):
    secret = run("platform_token", "create", "ops")
    ask = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    assert client.get("/api/v1/platform/tenants/", **ask).status_code == 200
    assert "ops" in run("platform_token", "list")
    assert secret not in run("platform_token", "list")
    run("platform_token", "revoke", "ops")
    assert client.get("/api/v1/platform/tenants/", **ask).status_code == 401


@committed
def test_an_intact_chain_is_proved(cast: Cast):
    with cast.acting():
        factories.unit()
    seal_tenant(cast.tenant_a.id)
    with cast.acting():
        factories.unit("Loans")
    assert run("audit_verify", "bank-a") == "bank-a: intact, 4 sealed, 1 unsealed"


@committed_as_owner
def test_a_changed_row_is_named(cast: Cast):
    from tenants.models import AuditEntry
    from tenants.scope import tenant_tx

    seal_tenant(cast.tenant_a.id)
    with tenant_tx(cast.scope(), using="owner"):
        from django.db import connections

        connections["owner"].cursor().execute("alter table tenants_auditentry disable trigger audit_sealed_once")
        AuditEntry.objects.using("owner").filter(seq=2).update(actor_label="mallory")
        connections["owner"].cursor().execute("alter table tenants_auditentry enable trigger audit_sealed_once")
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("audit_verify", stdout=out)
    assert "bank-a: BROKEN at number 2, row" in out.getvalue()
    assert "bank-b: intact" in out.getvalue()
