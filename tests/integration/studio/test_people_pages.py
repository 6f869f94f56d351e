"""The pages of units, members, invitations, service accounts and settings."""

import re

import pytest
from django.test import Client

from tenants.models import ApiToken, Invitation, Membership, OutgoingMail, ServiceAccount, Unit, User
from tests import factories
from tests.cast import Cast
from tests.integration.studio.kit import at, page, send, text

pytestmark = pytest.mark.django_db
TOKEN = re.compile(r"orc-api-[\w-]+")
STRONG = "a very long pass phrase 9"


@pytest.fixture
def alice(cast: Cast) -> Client:
    return cast.browser(cast.alice)


def test_a_unit_is_made_renamed_archived_and_restored(cast: Cast, alice: Client) -> None:
    send(alice, "unit-new", name="Cards", kind="department")
    with cast.acting():
        unit = Unit.objects.get(name="Cards")
    assert "Debit cards" in text(send(alice, "unit-edit", unit.id, name="Debit cards", kind="department"))
    assert "is archived" in text(send(alice, "unit-archive", unit.id, archived="1"))
    assert "Debit cards" not in page(alice, "unit-list").partition("<main")[2]
    assert "is back" in text(send(alice, "unit-archive", unit.id, archived="0"))


def test_a_unit_with_units_below_is_not_archived(cast: Cast, alice: Client) -> None:
    with cast.acting():
        parent = factories.unit("Retail")
        factories.unit("Branch", parent=parent)
    assert "Archive the units below this one first" in text(send(alice, "unit-archive", parent.id, archived="1"))


def test_a_name_is_shown_as_it_is_written(cast: Cast, alice: Client) -> None:
    send(alice, "unit-new", name="<script>alert(1)</script>", kind="project")
    shown = page(alice, "unit-list")
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown


def test_an_invitation_leads_into_the_tenant(cast: Cast, alice: Client, client: Client) -> None:
    link = invite(alice, "dora@example.test")
    assert "dora@example.test" in text(client.get(link))
    answer = client.post(link, {"name": "Dora", "password": STRONG}, follow=True)
    assert answer.request["PATH_INFO"] == at("home")
    assert "dora@example.test" in page(alice, "member-list")


def test_an_invitation_works_once(cast: Cast, alice: Client, client: Client) -> None:
    link = invite(alice, "dora@example.test")
    client.post(link, {"name": "Dora", "password": STRONG})
    assert cast.browser().get(link).status_code == 404


def test_a_weak_password_is_refused_beside_the_field(cast: Cast, alice: Client, client: Client) -> None:
    link = invite(alice, "dora@example.test")
    answer = client.post(link, {"name": "Dora", "password": "dora"})
    assert "password" in answer.context["form"].errors
    assert not User.objects.filter(email="dora@example.test").exists()


def test_a_withdrawn_invitation_is_gone(cast: Cast, alice: Client, client: Client) -> None:
    link = invite(alice, "dora@example.test")
    with cast.acting():
        invitation = Invitation.objects.get()
    assert "no longer works" in text(send(alice, "invitation-revoke", invitation.id))
    assert client.get(link).status_code == 404


def test_roles_of_a_member_change(cast: Cast, alice: Client) -> None:
    with cast.acting():
        bob = Membership.objects.get(user=cast.bob)
    send(alice, "member-edit", bob.id, roles=["auditor", "approver"], active="on")
    assert "Approver" in page(alice, "member-show", bob.id)


def test_the_last_owner_stays_owner(cast: Cast, alice: Client) -> None:
    with cast.acting():
        me = Membership.objects.get(user=cast.alice)
    answer = send(alice, "member-edit", me.id, roles=["auditor"], active="on")
    assert answer.context["form"].non_field_errors()


def test_a_token_is_shown_once_and_can_be_revoked(cast: Cast, alice: Client) -> None:
    send(alice, "service-account-new", name="robot", roles=["developer"], active="on")
    with cast.acting():
        account = ServiceAccount.objects.get()
    secret = TOKEN.findall(text(send(alice, "token-issue", account.id, days="30")))[0]
    assert secret not in page(alice, "service-account-show", account.id)
    with cast.acting():
        token = ApiToken.objects.get()
    assert "no longer works" in text(send(alice, "token-revoke", token.id))


def test_settings_change_the_zone_of_the_reports(cast: Cast, alice: Client) -> None:
    send(alice, "settings", name="Alpha Bank", time_zone="Asia/Ho_Chi_Minh")
    assert "days of Asia/Ho_Chi_Minh" in page(alice, "usage")


def test_members_without_the_right_read_the_settings_only(cast: Cast) -> None:
    bob = cast.browser(cast.bob)
    assert "<select" not in page(bob, "settings")
    assert send(bob, "settings", name="Mine", time_zone="UTC").status_code == 403


def invite(alice: Client, email: str) -> str:
    """The address in the mail of an invitation."""
    send(alice, "member-invite", email=email, roles=["developer"])
    body = OutgoingMail.objects.get(recipient=email).body  # a row until a worker sends it
    return re.findall(r"https?://[^/]+(/invitations/\S+)", body)[0]
