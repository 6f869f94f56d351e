"""The public page: everything the product says of itself, and requests for a review that machines do not flood."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from studio import forms_public, landing
from studio.views import public
from tenants.models import OutgoingMail, PlatformAuditEntry, ReviewRequest
from tenants.throttle import Rate
from tests.cast import Cast
from workflows.patterns import patterns

pytestmark = pytest.mark.django_db
ASKED = {"name": "Ada", "email": "ada@example.test", "company": "Example Bank", "core": "CICS", "message": "Screening"}


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet() -> None:
    cache.clear()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms that were looked at long enough the moment they are shown."""
    monkeypatch.setattr(forms_public, "LEAST_SECONDS", -1)


def ask(client: Client, address: str = "127.0.0.1", **fields: str) -> Any:
    given = ASKED | {"shown": forms_public.stamp()} | fields
    return client.post("/review/", given, REMOTE_ADDR=address)


@pytest.mark.parametrize("language", ["en", "vi"])
def test_the_first_page_says_everything_in_both_languages(client: Client, language: str) -> None:
    client.cookies["django_language"] = language
    said = client.get("/").content.decode()
    for place in ("studio", "layers", "patterns", "capabilities", "platforms", "review"):
        assert f'id="{place}"' in said
    assert said.count('class="tile"') == len(landing.PROMISES) == 4
    assert all(f"?pattern={one.slug}" in said and one.title[language] in said for one in patterns())
    assert said.count('name="platform"') == len(landing.PLATFORMS) == 5
    assert len(landing.CAPABILITIES) == 6
    assert all(service in said for one in landing.PLATFORMS for service in map(str, one.services[:3]))


def test_who_is_signed_in_finds_it_too(cast: Cast) -> None:
    assert cast.browser(cast.alice).get("/welcome/").status_code == 200
    assert cast.browser(cast.alice).get("/").status_code == 302


def test_a_state_of_the_studio_leads_to_its_own_page(client: Client) -> None:
    answer = client.get("/", {"pattern": "saga", "platform": "aws"})
    assert answer["Location"] == "/studio/?pattern=saga&platform=aws"


def test_the_first_page_asks_the_database_nothing(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        client.get("/")


def test_a_request_is_stored_and_mailed_to_the_operator(client: Client, patient: None) -> None:
    answer = ask(client, message="Screening\r\nBcc: x@example.test")
    assert answer["Location"] == "/review/sent/"
    assert client.get("/review/sent/").status_code == 200
    stored, mail = ReviewRequest.objects.get(), OutgoingMail.objects.get()
    assert (stored.company, stored.language, stored.answered_at) == ("Example Bank", "en", None)
    assert mail.recipient == "operator@localhost"
    assert "ada@example.test" in mail.body


def test_nothing_is_mailed_to_the_address_that_was_given(client: Client, patient: None) -> None:
    ask(client, email="victim@example.test")
    assert not OutgoingMail.objects.filter(recipient="victim@example.test").exists()


def test_pressing_the_button_twice_is_one_request(client: Client, patient: None) -> None:
    assert [ask(client).status_code for _ in range(2)] == [302, 302]
    assert (ReviewRequest.objects.count(), OutgoingMail.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("email", "not an address"), ("company", ""), ("message", "x" * 4001)]
)
def test_a_bad_field_is_named_and_nothing_is_stored(client: Client, patient: None, field: str, value: str) -> None:
    answer = ask(client, **{field: value})
    assert field in answer.context["form"].errors
    assert not ReviewRequest.objects.exists()


def test_what_no_person_sees_stays_empty_or_nothing_is_stored(client: Client, patient: None) -> None:
    assert ask(client, website="https://spam.example").status_code == 302
    assert not ReviewRequest.objects.exists()


@pytest.mark.parametrize("shown", ["", "forged", None])
def test_a_form_sent_at_once_or_made_up_has_to_be_sent_again(client: Client, shown: str | None) -> None:
    answer = ask(client, **({} if shown is None else {"shown": shown}))
    assert answer.context["form"].non_field_errors()
    assert re.search(r'name="shown" value="[\w:.-]+"', answer.content.decode())
    assert not ReviewRequest.objects.exists()


def test_a_heap_of_links_is_refused(client: Client, patient: None) -> None:
    answer = ask(client, message="http://a.example http://b.example www.c.example")
    assert answer.context["form"].errors["message"]
    assert not ReviewRequest.objects.exists()


def test_a_flood_from_one_address_ends_and_says_when_to_come_back(client: Client, patient: None) -> None:
    answers = [ask(client, company=f"Company {number}") for number in range(12)]
    assert [one.status_code for one in answers] == [302] * 8 + [429] * 4
    assert int(answers[-1]["Retry-After"]) > 0
    assert ReviewRequest.objects.count() == 8


def test_a_flood_from_everywhere_is_stored_and_mailed_up_to_the_limit_of_a_day(
    client: Client, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public, "FROM_ALL", Rate("review", 10, seconds=86_400))
    answers = [ask(client, company=f"Company {number}", address=f"192.0.2.{number}") for number in range(30)]
    assert [one.status_code for one in answers] == [302] * 10 + [429] * 20
    assert 0 < int(answers[-1]["Retry-After"]) <= 86_400
    assert "Nothing was changed" in answers[-1].content.decode()
    assert (ReviewRequest.objects.count(), OutgoingMail.objects.count()) == (10, 10)
    assert client.get("/").status_code == client.get("/review/").status_code == 200


def test_machines_that_are_caught_use_up_nobodys_room(
    client: Client, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public, "FROM_ALL", Rate("review", 3, seconds=86_400))
    traps = ({"website": "https://spam.example"}, {"shown": "forged"}, {"message": "www.a.example " * 3})
    for number in range(30):
        ask(client, address=f"192.0.2.{number}", **traps[number % 3])
    assert not ReviewRequest.objects.exists()
    assert ask(client, address="198.51.100.1").status_code == 302
    assert ReviewRequest.objects.count() == 1


def test_staff_ticks_a_request_off_once_and_others_do_not_see_it(cast: Cast, client: Client, patient: None) -> None:
    ask(client)
    request = ReviewRequest.objects.get()
    address, action = "/admin/tenants/reviewrequest/", {"action": "answered", "_selected_action": [str(request.id)]}
    assert cast.browser(cast.alice).get(address).status_code == 404
    sam = cast.browser(cast.sam)
    assert "Example Bank" in sam.get(address).content.decode()
    for _ in range(2):
        sam.post(address, action)
    assert ReviewRequest.objects.get().answered_at is not None
    assert PlatformAuditEntry.objects.filter(action="review_request.answered").count() == 1
