"""The first steps: taken when what they lead to is there, skipped at will, refused to those who may not."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from routing.models import Provider, Route
from studio.first_steps import KINDS
from tenants.domain import Role
from tenants.models import Unit
from tests import factories
from tests.cast import Cast
from tests.gateway import World
from tests.integration.routing import control_kit
from tests.integration.studio.kit import ADDRESS, at, page, send, text
from workflows.domain.configurations import PatternSlug
from workflows.models import Approval, Definition, DefinitionVersion, Run
from workflows.services import run_start
from workflows.services.first_steps import first_definition_publish
from workflows.statuses import FINAL, RunStatus

pytestmark = pytest.mark.django_db
SANDBOX = "https://sandbox.example.com"


@pytest.fixture
def alice(cast: Cast) -> Client:
    return cast.browser(cast.alice)


def member(cast: Cast, role: Role) -> Client:
    person = factories.user(f"{role}@example.test")
    factories.member(cast.tenant_a, person, role)
    return cast.browser(person)


def taken(client: Client) -> list[str]:
    return [step.slug for step in client.get(at("first-steps")).context["steps"].steps if step.done]


def wired(cast: Cast) -> Unit:
    """A unit and a route."""
    with cast.acting():
        control_kit.route()
        return factories.unit()


def test_a_step_is_taken_when_what_it_leads_to_is_there(cast: Cast, alice: Client) -> None:
    assert taken(alice) == []
    unit = wired(cast)
    with cast.acting():
        World(ADDRESS).key(unit=unit)
        control_kit.write([control_kit.record(timezone.now())])
    assert taken(alice) == ["company", "model", "key", "call"]
    with cast.acting():
        version = first_definition_publish(route="assistant", unit_id=unit.id)
        run_start(definition=str(version.definition), input={"question": "Why?"})
    assert taken(alice) == list(KINDS)[:-1]
    run_of(cast, version, RunStatus.COMPLETED)
    assert taken(alice) == list(KINDS)


def published(cast: Cast) -> DefinitionVersion:
    """The small workflow over a route."""
    unit = wired(cast)
    with cast.acting():
        return first_definition_publish(route="assistant", unit_id=unit.id)


def run_of(cast: Cast, version: DefinitionVersion, status: RunStatus, **fields: Any) -> Run:
    """A run of it that stands like this."""
    ended = timezone.now() if status in FINAL else None
    with cast.acting():
        return Run.objects.create(
            definition=version.definition, version=version, status=status, finished_at=ended, input={}, **fields
        )


def test_a_run_that_waits_for_a_person_counts_and_one_that_waits_for_an_event_does_not(
    cast: Cast, alice: Client
) -> None:
    run = run_of(cast, published(cast), RunStatus.WAITING)
    assert "run" not in taken(alice)
    with cast.acting():
        until = timezone.now() + timedelta(days=1)
        Approval.objects.create(run=run, effect="e", title="Pay?", expires_at=until, digest="0" * 64)
    assert "run" in taken(alice)


@pytest.mark.parametrize("status", [one for one in RunStatus if one is not RunStatus.COMPLETED])
def test_no_other_run_counts(cast: Cast, alice: Client, status: RunStatus) -> None:
    run_of(cast, published(cast), status)
    assert "run" not in taken(alice)
    assert f'href="{at("first-steps")}"' in page(alice, "home")


def test_a_failed_run_says_what_failed_and_what_to_do(cast: Cast, alice: Client) -> None:
    error = {"title": "Budget used up", "detail": "Lending has <nothing> left.", "status": 429}
    run = run_of(cast, published(cast), RunStatus.FAULTED, error=error)
    for shown in (page(alice, "first-steps"), page(alice, "first-step", "run")):
        assert "The run did not get to its end" in shown
        assert "Budget used up" in shown
        assert "Lending has &lt;nothing&gt; left." in shown
        assert f'href="{at("run-show", run.id)}">Look at the step that failed</a>' in shown
        assert f'href="{at("definition-show", run.definition_id)}"' in shown
    assert ">Start</button>" in page(alice, "first-step", "run")


def test_a_run_that_goes_on_is_followed_and_one_that_worked_ends_the_matter(cast: Cast, alice: Client) -> None:
    version = published(cast)
    failed = run_of(cast, version, RunStatus.FAULTED)
    run_of(cast, version, RunStatus.RUNNING)
    assert "A run is on its way" in page(alice, "first-steps")
    worked = run_of(cast, version, RunStatus.COMPLETED)
    shown = page(alice, "first-steps")
    assert "did not get to its end" not in shown
    assert [str(one.id) in shown for one in (worked, failed)] == [True, False]


def test_keys_of_the_system_and_failed_calls_do_not_count(cast: Cast, alice: Client) -> None:
    unit = wired(cast)
    with cast.acting():
        for name in ("Try it (console)", "Workflows"):
            World(ADDRESS).key(name, unit=unit)
        control_kit.write([control_kit.record(timezone.now(), status="failed")])
    assert taken(alice) == ["company", "model"]


def test_company_makes_the_unit_that_pays(cast: Cast, alice: Client) -> None:
    fields = {"name": "Ngân hàng A", "time_zone": "Asia/Ho_Chi_Minh", "unit": "Lending"}
    answer = send(alice, "first-step", "company", **fields)
    assert answer.redirect_chain == [(at("first-step", "model"), 302)]
    with cast.acting():
        assert [unit.name for unit in Unit.objects.all()] == ["Lending"]
    assert "Ngân hàng A" in page(alice, "home")
    assert "First unit" not in page(alice, "first-step", "company")


def test_the_sandbox_is_wired_with_one_press_where_there_is_one(cast: Cast, alice: Client) -> None:
    assert "Use the sandbox" not in page(alice, "first-step", "model")
    with override_settings(SANDBOX_URL=SANDBOX):
        assert "Use the sandbox" in page(alice, "first-step", "model")
        send(alice, "first-step", "model", form="sandbox")
    with cast.acting():
        assert Provider.objects.get().base_url == f"{SANDBOX}/v1"
        assert Route.objects.get().name == "assistant"


def test_a_provider_is_wired_in_one_form(cast: Cast, alice: Client) -> None:
    fields = {"kind": "openai", "secret": "sk-real", "base_url": "", "model": "gpt-5-mini", "route": "chat"}
    send(alice, "first-step", "model", **fields)
    with cast.acting():
        provider = Provider.objects.get()
        assert (provider.kind, provider.credential.name) == ("openai", "OpenAI")
        assert Route.objects.get().name == "chat"
    assert "sk-real" not in page(alice, "first-step", "model")


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"model": ""}, "model", "required"),
        ({"route": "a b"}, "route", "Use letters, digits"),
        ({"secret": ""}, "secret", "asks for a secret"),
        ({"kind": "vllm", "base_url": "nonsense"}, "base_url", ""),
        ({"kind": "vllm"}, "base_url", ""),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_half_done(
    cast: Cast, alice: Client, change: dict[str, str], field: str, said: str
) -> None:
    fields = {"kind": "openai", "secret": "sk-real", "base_url": "", "model": "gpt-5-mini", "route": "chat"}
    answer = send(alice, "first-step", "model", **fields | change)
    assert said in " ".join(answer.context["form"].errors[field])
    with cast.acting():
        assert not Provider.objects.exists()


def test_a_key_is_shown_once(cast: Cast, alice: Client) -> None:
    unit = wired(cast)
    shown = send(alice, "first-step", "key", name="Loan app", unit=str(unit.id), budget="5")
    secret = shown.context["secret"]
    assert secret in text(shown)
    assert shown["Cache-Control"].startswith("max-age=0")
    assert secret not in page(alice, "first-step", "key")


def test_the_small_workflow_asks_the_chosen_route(cast: Cast, alice: Client) -> None:
    unit = wired(cast)
    send(alice, "first-step", "workflow", route="assistant", unit=str(unit.id))
    send(alice, "first-step", "run", input='{"question": "Why?"}')
    with cast.acting():
        definition = Definition.objects.get()
        assert (str(definition), definition.unit_id) == ("first-steps/question", unit.id)
        assert Run.objects.get().input == {"question": "Why?"}


def test_the_five_patterns_stand_beside_it(cast: Cast, alice: Client) -> None:
    wired(cast)
    shown = page(alice, "first-step", "workflow")
    assert [f"?pattern={slug}" in shown for slug in PatternSlug] == [True] * 5


@pytest.mark.parametrize(("step", "first"), [("key", "company"), ("call", "company"), ("run", "workflow")])
def test_what_must_come_first_is_named_with_the_way_there(alice: Client, step: str, first: str) -> None:
    assert alice.get(at("first-step", step)).context["missing"] == first
    assert f'href="{at("first-step", first)}"' in page(alice, "first-step", step)


@pytest.mark.parametrize("step", KINDS)
def test_every_step_can_be_skipped(alice: Client, step: str) -> None:
    order = list(KINDS)
    after = order[order.index(step) + 1] if step != order[-1] else None
    wanted = at("first-step", after) if after else at("first-steps")
    assert f'href="{wanted}"' in page(alice, "first-step", step)


def test_a_step_that_does_not_exist_leads_to_all_of_them(alice: Client) -> None:
    assert alice.get(at("first-step", "nonsense")).headers["Location"] == at("first-steps")


def test_who_may_not_is_told_who_may(cast: Cast) -> None:
    shown = page(member(cast, Role.DEVELOPER), "first-step", "key")
    assert "These roles may take it: Owner, Admin." in shown
    assert "Issue key" not in shown


@pytest.mark.parametrize(
    ("role", "step", "fields"),
    [
        (Role.DEVELOPER, "company", {"name": "Mine", "time_zone": "UTC", "unit": "Mine"}),
        (Role.ARCHITECT, "key", {"name": "x", "budget": "1"}),
        (Role.DEVELOPER, "model", {"form": "sandbox"}),
        (Role.DEVELOPER, "workflow", {"route": "assistant"}),
    ],
)
def test_who_may_not_cannot(cast: Cast, role: Role, step: str, fields: dict[str, Any]) -> None:
    with override_settings(SANDBOX_URL=SANDBOX):
        assert member(cast, role).post(at("first-step", step), fields).status_code == 403
    with cast.acting():
        assert [model.objects.count() for model in (Unit, Provider, Definition)] == [0, 0, 0]


@pytest.mark.parametrize("role", [Role.APPROVER, Role.AUDITOR])
def test_the_steps_are_not_for_those_who_may_take_none(cast: Cast, role: Role) -> None:
    assert member(cast, role).get(at("first-steps")).status_code == 403
    assert cast.browser(cast.charlie).get(at("first-steps")).status_code == 404
