"""The simulator's pages: a member's own routes, anybody's made-up one, bad input, and a flood."""

import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from config.cache import FallbackRedisCache
from routing.domain.explain import decision_to_dict
from routing.domain.simulation import SimulationRequest
from routing.simulator import simulate_demo, simulate_route
from studio.views import simulator as views
from tenants.throttle import Rate
from tests.cast import Cast
from tests.integration.routing import control_kit
from tests.integration.studio.kit import SLUG, a_route, at, page, text

PUBLIC = "/studio/simulate/"
PARTIAL = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "simulation"}


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    cache.clear()


@pytest.fixture
def alice(cast: Cast) -> Client:
    return cast.browser(cast.alice)


def test_the_public_page_answers_without_a_database(client: Client) -> None:
    shown = text(client.get(PUBLIC))
    assert "Demo data" in shown
    assert "GPT-4o mini" in shown
    for source in ("catalogue", "assumed"):
        assert source in shown


def test_a_script_gets_the_result_alone(client: Client) -> None:
    part = text(client.get(PUBLIC, {"s_task": "reason"}, **PARTIAL))
    assert part.lstrip().startswith('<div id="simulation"')
    assert "<html" not in part


def test_a_model_that_is_marked_down_is_hit_and_the_next_one_answers(client: Client) -> None:
    shown = text(client.get(PUBLIC, {"s_down": "gpt-mini"}))
    assert "no byte for 4.0" in shown
    assert '<h2 id="verdict-title">Claude Haiku 4.5</h2>' in shown
    assert "GPT-4o mini was chosen and did not answer; this one is next in line." in shown


def test_repeat_leads_to_a_hit_that_costs_nothing(client: Client) -> None:
    first = text(client.get(PUBLIC))
    assert 'name="s_again" value="1"' in first
    again = text(client.get(PUBLIC, {"s_again": "1"}))
    assert "Saved by the cache" in again
    assert "$0.00" in again
    assert 'name="s_again"' not in again


def test_an_empty_prompt_is_the_tasks_and_said_so(client: Client) -> None:
    assert "the task's own was judged" in text(client.get(PUBLIC, {"s_prompt": "   "}))
    assert "the task's own was judged" not in text(client.get(PUBLIC, {"s_prompt": "Hello"}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("s_prompt", "x" * 2001), ("s_answer", "0"), ("s_answer", "many"), ("s_cost", "101"), ("s_cap", "-1"),
        ("s_task", "dance"), ("s_strategy", "luck"), ("s_residency", "mars"), ("s_down", "nobody"), ("s_fault", "flu"),
        ("s_cache", "maybe"),
    ],
)  # fmt: skip
def test_bad_input_is_named_and_nothing_is_simulated(client: Client, field: str, value: str) -> None:
    for extra in ({}, PARTIAL):
        response = client.get(PUBLIC, {field: value}, **extra)
        assert response.status_code == 400
        assert "Nothing was simulated" in text(response)
        assert field.removeprefix("s_") in response.context["simulator"]["form"].errors


def test_no_weight_at_all_is_refused_beside_the_weights(client: Client) -> None:
    response = client.get(PUBLIC, {"s_cost": "0", "s_speed": "0", "s_quality": "0"})
    assert "cost" in response.context["simulator"]["form"].errors


def test_a_flood_is_refused_in_words_and_others_are_still_served(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PER_ADDRESS", Rate("simulate", 5, 3600))
    answers = [client.get(PUBLIC, REMOTE_ADDR="192.0.2.1") for _ in range(50)]
    assert [one.status_code for one in answers] == [200] * 5 + [429] * 45
    refused = answers[-1]
    assert int(refused["Retry-After"]) > 0
    assert "Too many" in text(refused)
    part = client.get(PUBLIC, REMOTE_ADDR="192.0.2.1", **PARTIAL)
    assert part.status_code == 429
    assert '<div id="simulation"' in text(part)
    assert client.get(PUBLIC, REMOTE_ADDR="192.0.2.2").status_code == 200


def test_whoever_is_refused_still_has_the_studio_and_is_served_after_the_wait(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PER_ADDRESS", Rate("simulate", 3, 3600))
    assert 429 in {client.get(PUBLIC).status_code for _ in range(4)}
    with_drawer = client.get("/studio/", {"node": "router", "s_cost": "90"})
    in_drawer = client.get("/studio/", {"node": "router"}, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="simulation")
    assert (with_drawer.status_code, in_drawer.status_code) == (200, 429)
    for answer in (with_drawer, in_drawer):
        assert "Too many simulations in a short time" in text(answer)
    assert 'id="player"' in text(with_drawer)
    assert client.get("/").status_code == client.get("/studio/", {"pattern": "saga"}).status_code == 200
    monkeypatch.setattr(views, "PER_ADDRESS", Rate("simulate-briefly", 1, 1))
    refused = next(one for one in (client.get(PUBLIC) for _ in range(50)) if one.status_code == 429)
    time.sleep(int(refused["Retry-After"]))
    assert client.get(PUBLIC).status_code == 200


def test_a_flood_from_everywhere_meets_the_limit_for_all(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "FROM_ALL", Rate("simulate", 20, 3600))
    codes = [client.get(PUBLIC, REMOTE_ADDR=f"192.0.2.{number}").status_code for number in range(40)]
    assert codes == [200] * 20 + [429] * 20


def test_the_limit_holds_while_redis_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    away = FallbackRedisCache("redis://127.0.0.1:9/0", {})
    monkeypatch.setattr("tenants.throttle.cache", away)
    monkeypatch.setattr(views, "PER_ADDRESS", Rate("simulate", 5, 3600))
    codes = [client.get(PUBLIC, REMOTE_ADDR="192.0.2.9").status_code for _ in range(10)]
    assert codes == [200] * 5 + [429] * 5


def test_one_ipv6_household_is_one_caller(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PER_ADDRESS", Rate("simulate", 1, 3600))
    assert client.get(PUBLIC, REMOTE_ADDR="2001:db8::1").status_code == 200
    assert client.get(PUBLIC, REMOTE_ADDR="2001:db8::2").status_code == 429
    assert client.get(PUBLIC, REMOTE_ADDR="2001:db8:0:1::1").status_code == 200


@pytest.mark.django_db
def test_a_member_simulates_a_route_as_it_is_published(cast: Cast, alice: Client) -> None:
    route = a_route(cast)
    shown = page(alice, "studio-simulate", route=str(route.id))
    assert "assistant-small" in shown
    assert "Demo data" not in shown
    assert "What-if" not in shown


@pytest.mark.django_db
def test_a_what_if_is_marked(cast: Cast, alice: Client) -> None:
    route = a_route(cast)
    shown = page(alice, "studio-simulate", route=str(route.id), s_strategy="cheapest", s_cap="900")
    assert "What-if: not as the route is published" in shown
    assert "In order → Lowest cost" in shown


@pytest.mark.django_db
def test_the_pages_of_a_route_and_its_simulator_lead_to_each_other(cast: Cast, alice: Client) -> None:
    route = a_route(cast)
    address = f"{at('studio-simulate')}?route={route.id}"
    assert address in page(alice, "route-show", route.id)
    assert at("route-show", route.id) in text(alice.get(address))


@pytest.mark.django_db
def test_without_a_route_it_says_what_to_do(alice: Client) -> None:
    assert "Make a route first" in page(alice, "studio-simulate")


@pytest.mark.django_db
@pytest.mark.parametrize("route", ["00000000-0000-0000-0000-000000000001", "nonsense"])
def test_an_unknown_route_is_absent(alice: Client, route: str) -> None:
    assert alice.get(at("studio-simulate"), {"route": route}).status_code == 404


@pytest.mark.django_db
def test_an_outsider_sees_neither_page_nor_route(cast: Cast) -> None:
    route = a_route(cast)
    charlie = cast.browser(cast.charlie)
    assert charlie.get(at("studio-simulate"), {"route": str(route.id)}).status_code == 404
    own = reverse("studio-simulate", args=[cast.tenant_b.slug])
    assert charlie.get(own, {"route": str(route.id)}).status_code == 404
    assert SLUG not in text(charlie.get(own))


@pytest.mark.django_db
def test_a_page_around_it_keeps_its_own_state(cast: Cast, rf: Any) -> None:
    request = rf.get("/studio/", {"s_task": "reason"}, REMOTE_ADDR="192.0.2.7")
    context = views.simulator_context(request, keep={"pattern": "router"})
    assert context["reset_url"] == "/studio/?pattern=router"
    assert context["result"]["headline"] == simulated_headline()


def simulated_headline() -> str:
    simulation = simulate_demo(SimulationRequest(task="reason"))
    assert simulation.decision.winner is not None
    return simulation.decision.winner.name


@pytest.mark.django_db
def test_a_request_leads_to_the_simulator_with_what_is_known_of_it(cast: Cast, alice: Client) -> None:
    route = a_route(cast)
    with cast.acting():
        simulation = simulate_route(
            SimulationRequest(prompt="Hi", answer_tokens=77, tools=True), route_id=route.pk, now=now()
        )
        decision = decision_to_dict(simulation.decision)
        row = control_kit.record(now(), route_id=str(route.pk), decision=decision)
        control_kit.write([row])
    shown = page(alice, "request-show", row["id"])
    assert f"?route={route.pk}&amp;s_answer=77&amp;s_tools=on" in shown
    told = page(alice, "studio-simulate", route=str(route.pk), s_answer="77", s_tools="on")
    assert "77 out" in told
