"""No page or mail of the account machinery looks or reads as it came out of the box."""

import re
from pathlib import Path

import pytest
from allauth.account import urls as account_urls
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.cast import Cast

OURS = b"studio/css/tokens.css"
STOCK = re.compile(r"Hello from|Thank you for using|You're receiving", re.IGNORECASE)
NAMES = sorted({pattern.name for pattern in account_urls.urlpatterns if pattern.name})
MAILS = sorted(
    path.name.removesuffix("_subject.txt")
    for path in (Path(settings.BASE_DIR) / "templates/account/email").glob("*_subject.txt")
)


def address_of(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        one_key = {"key": "x"}
        return reverse(name, kwargs=one_key if "confirm" in name else {"uidb36": "x", **one_key})


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_every_account_page_wears_our_look(cast: Cast, client: Client, name: str) -> None:
    for browser in (client, cast.browser(cast.alice)):
        response = browser.get(address_of(name), follow=True)
        assert response.status_code >= 300 or (OURS in response.content and b"style=" not in response.content)


@pytest.mark.django_db
@pytest.mark.parametrize("name", MAILS)
def test_every_mail_is_in_our_words(cast: Cast, name: str) -> None:
    context = {"user": cast.alice, "email": cast.alice.email, "password_reset_url": "https://here/reset/", "code": ""}
    message = get_adapter().render_mail(f"account/email/{name}", cast.alice.email, context)
    assert message.subject.strip()
    assert message.body.startswith("Hello,")
    assert not STOCK.search(message.body)


@pytest.mark.django_db
def test_the_admin_sends_nobody_to_a_stock_page(client: Client) -> None:
    assert OURS in client.get("/admin/", follow=True).content


@pytest.mark.django_db
def test_staff_see_the_admin_in_our_look(cast: Cast) -> None:
    browser = cast.browser(cast.sam)
    for path in ("/admin/", "/admin/tenants/tenant/", "/admin/tenants/tenant/add/", "/admin/tenants/user/"):
        page = browser.get(path).content
        assert (OURS in page, b"jquery" in page, b"style=" in page) == (True, False, False)
