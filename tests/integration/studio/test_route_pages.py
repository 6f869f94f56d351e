"""The pages of providers, deployments and routes."""

from typing import Any

import pytest
from django.test import Client

from routing.models import Deployment, Provider, Route, RouteVersion
from tests.cast import Cast
from tests.gateway import World
from tests.integration.studio.kit import ADDRESS, a_route, at, page, send, text

pytestmark = pytest.mark.django_db
EXOTIC = {
    "strategy": "balanced", "idle_timeout_seconds": 7.5, "latency_cap_ms": 900, "cache_ttl_seconds": 60,
    "residency": "eu", "difficulty": {"easy_below": 0.11, "hard_above": 0.77, "unsure": "easy"},
}  # fmt: skip


@pytest.fixture
def alice(cast: Cast) -> Client:
    return cast.browser(cast.alice)


def filled(alice: Client, route: Route) -> dict[str, Any]:
    """The edit form of a route as a browser would send it back untouched."""
    response = alice.get(at("route-edit", route.id))
    form = response.context["form"]
    values = {name: form[name].value() for name in form.fields}
    known = {name: value for name, value in values.items() if value is not None}
    return known | {"base_version": str(response.context["base_version"])}


def specs(cast: Cast, route: Route) -> list[dict[str, Any]]:
    with cast.acting():
        return list(RouteVersion.objects.filter(route=route).order_by("number").values_list("spec", flat=True))


def test_saving_a_route_untouched_changes_nothing_in_it(cast: Cast, alice: Client) -> None:
    route = a_route(cast, **EXOTIC)
    send(alice, "route-edit", route.id, **filled(alice, route))
    versions = specs(cast, route)
    assert versions[0] == versions[-1]


def test_a_field_of_a_route_is_published_as_a_new_version(cast: Cast, alice: Client) -> None:
    route = a_route(cast)
    answer = send(alice, "route-edit", route.id, **filled(alice, route) | {"max_attempts": "5", "note": "more"})
    assert "Version 2 is live" in text(answer)
    changed = page(alice, "route-version", route.id, 2)
    assert "max_attempts" in changed
    assert "idle_timeout_seconds" not in changed


def test_two_editors_do_not_overwrite_each_other(cast: Cast, alice: Client) -> None:
    route = a_route(cast)
    seen = filled(alice, route)
    send(alice, "route-edit", route.id, **seen | {"max_attempts": "5"})
    answer = send(alice, "route-edit", route.id, **seen | {"max_attempts": "4"})
    assert answer.context["form"].non_field_errors()
    assert len(specs(cast, route)) == 2


def test_an_error_of_the_spec_stands_beside_its_field(cast: Cast, alice: Client) -> None:
    route = a_route(cast)
    seen = filled(alice, route)
    twice = send(alice, "route-edit", route.id, **seen | {"candidate_2": seen["candidate_1"]})
    crossed = send(alice, "route-edit", route.id, **seen | {"easy_below": "0.9", "hard_above": "0.1"})
    assert "candidate_2" in twice.context["form"].errors
    assert "easy_below" in crossed.context["form"].errors


def test_an_earlier_version_is_published_again(cast: Cast, alice: Client) -> None:
    route = a_route(cast)
    send(alice, "route-edit", route.id, **filled(alice, route) | {"max_attempts": "5"})
    assert "Version 3 is live" in text(send(alice, "route-rollback", route.id, 1))
    versions = specs(cast, route)
    assert versions[0] == versions[2]


def test_an_archived_route_offers_no_change(cast: Cast, alice: Client) -> None:
    route = a_route(cast)
    assert "no longer answers" in text(send(alice, "route-archive", route.id))
    assert "?do=archive" not in page(alice, "route-show", route.id)
    assert "assistant" not in page(alice, "route-list").partition("<main")[2]


def test_a_new_route_begins_with_the_defaults_of_the_domain(cast: Cast, alice: Client) -> None:
    with cast.acting():
        deployment = World(ADDRESS).deployment("small")
    shown = {name: one.initial for name, one in alice.get(at("route-new")).context["form"].fields.items()}
    assert (shown["easy_below"], shown["hard_above"]) == (0.2, 0.4)
    fields = {name: value for name, value in shown.items() if value is not None}
    send(
        alice, "route-new", **fields, name="fresh", strategy="difficulty", unsure="hard", candidate_1=str(deployment.id)
    )
    with cast.acting():
        assert Route.objects.filter(name="fresh").exists()


def test_a_provider_is_made_and_changed(cast: Cast, alice: Client) -> None:
    send(alice, "credential-new", name="vendor", kind="openai", secret="sk-vendor")
    missing = send(alice, "provider-new", name="OpenAI", kind="openai")
    assert "credential" in missing.context["form"].errors
    credential = missing.context["form"].fields["credential"].choices[1][0]
    send(alice, "provider-new", name="OpenAI", kind="openai", credential=credential)
    with cast.acting():
        provider = Provider.objects.get()
    send(alice, "provider-edit", provider.id, name="OpenAI EU", credential=credential, residency="eu")
    assert "OpenAI EU" in page(alice, "provider-show", provider.id)


def test_a_private_address_is_refused_beside_the_field(cast: Cast, alice: Client) -> None:
    answer = send(alice, "provider-new", name="inside", kind="vllm", base_url="http://169.254.169.254/v1")
    assert "base_url" in answer.context["form"].errors


def test_a_deployment_in_use_is_not_archived(cast: Cast, alice: Client) -> None:
    a_route(cast)
    with cast.acting():
        deployment = Deployment.objects.first()
    assert deployment is not None
    assert "Take it out of these routes first" in text(send(alice, "deployment-archive", deployment.id))


def test_a_deployment_without_a_price_says_so(cast: Cast, alice: Client) -> None:
    with cast.acting():
        provider = World(ADDRESS).provider()
    answer = send(alice, "deployment-new", name="mystery", provider=str(provider.id), model="mystery-1", quality="0.5")
    assert "No price is known" in text(answer)


def test_saving_a_deployment_untouched_changes_nothing_in_it(cast: Cast, alice: Client) -> None:
    with cast.acting():
        deployment = World(ADDRESS).deployment("small", supports_vision=True, quality=0.25)
        before = Deployment.objects.filter(id=deployment.id).values().get()
    form = alice.get(at("deployment-edit", deployment.id)).context["form"]
    send(alice, "deployment-edit", deployment.id, **{name: form[name].value() or "" for name in form.fields})
    with cast.acting():
        after = Deployment.objects.filter(id=deployment.id).values().get()
    assert {name for name in before if before[name] != after[name]} <= {"updated_at", "price_source"}


@pytest.mark.parametrize(("view", "leads_to"), [("key-new", "unit-list"), ("route-new", "deployment-list"),
                                                ("deployment-new", "provider-list")])  # fmt: skip
def test_a_form_that_cannot_be_filled_in_leads_to_what_is_missing(alice: Client, view: str, leads_to: str) -> None:
    response = alice.get(at(view), follow=True)
    assert response.request["PATH_INFO"] == at(leads_to)
    assert "first." in text(response)
