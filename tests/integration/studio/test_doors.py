"""Who gets through the door of each page. Every address of the console is walked, new ones too."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver

from studio.urls import urlpatterns
from tenants.domain import Role, allowed
from tests import factories
from tests.cast import Cast
from tests.integration.studio.kit import SLUG, at

NOBODY = UUID("01a20469-0000-7000-8000-000000000000")
FILLED = {"number": 1}
BAD_IDS = ("x' or 1=1", "%00", "🦊")


def flat(patterns: Iterable[URLPattern | URLResolver]) -> list[URLPattern]:
    found: list[URLPattern] = []
    for one in patterns:
        found += flat(one.url_patterns) if isinstance(one, URLResolver) else [one]
    return found


def action_of(pattern: URLPattern) -> str | None:
    view: Any = pattern.callback
    while view is not None:
        if hasattr(view, "action"):
            return str(view.action)
        view = getattr(view, "__wrapped__", None)
    return None


GUARDED = {str(one.name): one for one in flat(urlpatterns) if action_of(one)}


def address(name: str) -> str:
    names = [one for one in GUARDED[name].pattern.converters if one != "slug"]
    return at(name, *(FILLED.get(one, NOBODY) for one in names))


def knock(client: Client, name: str) -> HttpResponse:
    """GET, or POST where a page takes nothing else."""
    response = client.get(address(name))
    return client.post(address(name)) if response.status_code == 405 else response


def test_only_these_pages_have_no_door() -> None:
    open_to_all = {str(one.name) for one in flat(urlpatterns)} - set(GUARDED)
    assert open_to_all == {
        *("index", "approval-link", "invitation-accept", "public-status", "set_theme", "styleguide"),
        *("welcome", "review", "review-sent", "public-simulate", "run-stream"),
        *("public-studio", "studio-patterns", "studio-part", "studio-export", "studio-embed", "studio-use"),
        "run-stream",  # streams have doors of their own, which go on looking: studio/live/doors.py
    }


@pytest.mark.django_db
def test_an_outsider_finds_nothing(cast: Cast) -> None:
    charlie = cast.browser(cast.charlie)
    assert {knock(charlie, name).status_code for name in GUARDED} == {404}


@pytest.mark.django_db
def test_a_stranger_is_sent_to_sign_in(cast: Cast, client: Client) -> None:
    answers = {name: knock(client, name) for name in GUARDED}
    assert {answer.headers.get("Location", "").partition("?")[0] for answer in answers.values()} == {"/accounts/login/"}


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_exactly_its_doors(cast: Cast, role: Role) -> None:
    person = factories.user(f"{role}@example.test")
    factories.member(cast.tenant_a, person, role)
    browser = cast.browser(person)
    refused = {name for name in GUARDED if knock(browser, name).status_code == 403}
    assert refused == {name for name, one in GUARDED.items() if not allowed({role}, action_of(one) or "")}


@pytest.mark.django_db
def test_no_form_is_taken_without_its_token(cast: Cast) -> None:
    alice = cast.browser(cast.alice, enforce_csrf_checks=True)
    assert {alice.post(address(name)).status_code for name in GUARDED} == {403}


@pytest.mark.django_db
def test_nothing_else_than_reading_and_forms_is_taken(cast: Cast) -> None:
    alice = cast.browser(cast.alice)
    safe = [name for name in GUARDED if alice.post(address(name)).status_code == 405]
    assert {"key-list", "usage", "request-show"} <= set(safe)
    assert {alice.head(address("key-list")).status_code, alice.head(address("unit-new")).status_code} == {200}


@pytest.mark.django_db
@pytest.mark.parametrize("bad", BAD_IDS)
def test_what_is_no_id_is_not_found(cast: Cast, bad: str) -> None:
    assert cast.browser(cast.alice).get(f"/t/{SLUG}/keys/{bad}/").status_code == 404


@pytest.mark.django_db
def test_a_tenant_without_anything_has_all_its_lists(cast: Cast) -> None:
    alice = cast.browser(cast.alice)
    lists = [name for name in GUARDED if name.endswith("-list") or name in {"home", "usage", "settings"}]
    assert {name: alice.get(at(name)).status_code for name in lists} == dict.fromkeys(lists, 200)
