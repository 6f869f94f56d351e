"""The pages of definitions, runs, events and dead letters."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tenants.domain import Role
from tests import factories
from tests.cast import Cast, committed
from tests.integration.studio.kit import at, page, send, text
from tests.integration.workflows.effects import Effects, running_effects
from tests.integration.workflows.kit import Bench, open_bench
from tests.integration.workflows.runs import Engine, call, plan_of, undone_by
from workflows.models import Definition, Delivery, Run
from workflows.services import definition_publish, run_start

pytestmark = pytest.mark.django_db
HELLO = """document: {dsl: 1.0.3, namespace: tests, name: hello, version: VERSION, title: Say hello}
input:
  schema:
    format: json
    document: {type: object, properties: {name: {type: string}}, required: [name]}
do:
  - reserve:
      do:
        - note:
            set: {a: 1}
      metadata:
        orchestration:
          compensate:
            - release:
                set: {b: 2}
  - choose:
      switch:
        - rich:
            when: ${ .amount > 5 }
            then: exit
        - others:
            then: continue
  - both:
      fork:
        branches:
          - left:
              wait: {seconds: 1}
          - right:
              emit:
                event:
                  with: {source: https://x.test, type: told}
"""


@pytest.fixture
def alice(cast: Cast) -> Client:
    return cast.browser(cast.alice)


@pytest.fixture
def auditor(cast: Cast) -> Client:
    person = factories.user("auditor@example.test")
    factories.member(cast.tenant_a, person, Role.AUDITOR)
    return cast.browser(person)


@pytest.fixture
def effects() -> Iterator[Effects]:
    from connectors.ports import bind_transport, transport
    from connectors.transport import GuardedTransport
    from tenants.egress import EgressPolicy, parse_allow

    with running_effects() as running:
        before = transport()
        bind_transport(GuardedTransport(EgressPolicy(parse_allow(["127.0.0.1:*"]))))
        yield running
        bind_transport(before)


@pytest.fixture
def bench(cast: Cast) -> Bench:
    return open_bench(cast)


def document(version: str = "1.0.0") -> str:
    return HELLO.replace("VERSION", version)


def published(cast: Cast) -> Definition:
    with cast.acting():
        return definition_publish(document()).definition


def started(cast: Cast) -> Run:
    published(cast)
    with cast.acting():
        return run_start(definition="tests/hello", input={"name": "Ada"})


def broken_run(bench: Bench, effects: Effects, **answers: Any) -> Run:
    """A run that reserved, was refused the booking, and was undone."""
    effects.answers |= {"/book": (422, {})} | answers
    with Engine.opened(bench) as engine:
        reserve = undone_by(call(effects, "reserve"), call(effects, "release", method="put"))
        run = engine.start(plan_of(reserve, call(effects, "book")), {"amount": 5})
        engine.drive(run)
    return run


def test_a_definition_is_published_and_drawn(cast: Cast, alice: Client) -> None:
    shown = text(send(alice, "definition-new", document=document()))
    assert "Version 1.0.0 is live" in shown
    assert "<svg" in shown.partition("<main")[2]
    assert "undo: release" in shown
    assert "The same in words" in shown


def large(tasks: int, cases: int) -> str:
    """A block of many tasks, and a switch with its ways out behind it."""
    inner = "".join(f"        - step-{at}:\n            set: {{a: {at}}}\n" for at in range(tasks - 2))
    ways = "".join(f"        - case-{at}:\n            then: continue\n" for at in range(cases))
    head = document().partition("do:")[0]
    return f"{head}do:\n  - block:\n      do:\n{inner}  - choose:\n      switch:\n{ways}"


def opened_large(cast: Cast, alice: Client, tasks: int, cases: int = 1) -> tuple[str, str]:
    """The page of a large definition, and the address of it."""
    with cast.acting():
        definition = definition_publish(large(tasks, cases)).definition
    address = at("definition-show", definition.id)
    return page(alice, "definition-show", definition.id), address


def drawn_in(html: str) -> int:
    return html.partition('<svg class="wires plan"')[2].partition("</svg>")[0].count("<rect")


def test_a_large_definition_is_unfolded_and_folded_by_plain_links(cast: Cast, alice: Client) -> None:
    folded, address = opened_large(cast, alice, 499)
    assert drawn_in(folded) == 2
    assert "497 tasks inside" in folded
    assert '<a href="?all=1#diagram">Show all</a>' in folded
    unfolded = alice.get(address, {"all": "1"}).content.decode()
    assert drawn_in(unfolded) == 499
    assert "tasks inside" not in unfolded
    assert '<a href="?#diagram">Fold again</a>' in unfolded


def test_what_is_too_large_to_draw_says_that_the_list_has_all_of_it(cast: Cast, alice: Client) -> None:
    _folded, address = opened_large(cast, alice, 499, cases=2)
    html = alice.get(address, {"all": "1"}).content.decode()
    assert drawn_in(html) == 2
    assert "Too large to draw at once" in html
    assert "all=1#" not in html
    assert "step-496" in html


def test_a_definition_that_fits_offers_no_folding(cast: Cast, alice: Client) -> None:
    html, address = opened_large(cast, alice, 149)
    assert drawn_in(html) == drawn_in(alice.get(address, {"all": "1"}).content.decode()) == 149
    assert "all=1#" not in html
    assert "Fold again" not in html


def test_faults_of_a_definition_are_located(alice: Client) -> None:
    wrong = document().replace("seconds: 1", "secnds: 1")
    [fault] = send(alice, "definition-new", document=wrong).context["form"].faults
    assert wrong.splitlines()[fault.line - 1].strip() == "wait: {secnds: 1}"
    assert "seconds" in fault.fix


def test_the_same_version_with_another_text_is_refused(cast: Cast, alice: Client) -> None:
    definition = published(cast)
    other = document().replace("Say hello", "Say goodbye")
    answer = send(alice, "definition-edit", definition.id, document=other)
    assert "Give this one another version" in text(answer)


def test_an_earlier_version_stays_readable(cast: Cast, alice: Client) -> None:
    definition = published(cast)
    send(alice, "definition-edit", definition.id, document=document("2.0.0"))
    assert "version: 1.0.0" in page(alice, "definition-version", definition.id, 1)
    assert "version: 2.0.0" in page(alice, "definition-show", definition.id)


def test_a_definition_says_where_it_can_run(cast: Cast, alice: Client) -> None:
    definition = published(cast)
    assert "Step Functions" in page(alice, "definition-show", definition.id)
    shown = page(alice, "definition-report", definition.id)
    assert [name in shown for name in ("Cloudflare", "Google Cloud", "On-premise", "A catch leads into choices")] == [
        True
    ] * 4


def test_a_report_of_one_platform_shows_no_other(cast: Cast, alice: Client) -> None:
    definition = published(cast)
    report = alice.get(at("definition-version-report", definition.id, 1), {"platform": "gcp"}).context["report"]
    assert [one.slug for one in report.platforms] == ["gcp"]
    assert {len(row.cells) for row in report.rows} == {1}


def test_an_unknown_platform_in_an_address_shows_all_and_says_so(cast: Cast, alice: Client) -> None:
    definition = published(cast)
    shown = page(alice, "definition-report", definition.id, platform="azur")
    assert "There is no such platform" in shown
    assert '<a href="?platform=azure">azure</a>' in shown
    assert "Cloudflare" in shown


def test_an_archived_definition_offers_no_start(cast: Cast, alice: Client) -> None:
    definition = published(cast)
    assert "/start/" not in text(send(alice, "definition-archive", definition.id))
    assert "tests/hello" not in page(alice, "definition-list")
    assert "tests/hello" in page(alice, "definition-list", all="1")


def test_a_run_is_started_with_the_input_of_its_schema(cast: Cast, alice: Client) -> None:
    definition = published(cast)
    assert alice.get(at("run-new", definition.id)).context["start_form"]["in-name"].label == "name"
    answer = send(alice, "run-new", definition.id, **{"in-name": "Ada"})
    assert answer.context["run"].input == {"name": "Ada"}


def test_a_field_that_must_be_filled_says_so(cast: Cast, alice: Client) -> None:
    answer = send(alice, "run-new", published(cast).id, **{"in-name": ""})
    assert answer.context["start_form"].errors == {"in-name": ["This field is required."]}


def test_a_run_is_started_with_json(cast: Cast, alice: Client) -> None:
    definition = published(cast)
    form = alice.get(at("run-new", definition.id), {"as": "json"}).context["start_form"]
    assert json.loads(form["input"].value()) == {"name": ""}
    answer = send(alice, "run-new", definition.id, input='{"name": "Ada"}')
    assert answer.context["run"].input == {"name": "Ada"}


def test_input_that_is_no_json_starts_nothing(cast: Cast, alice: Client) -> None:
    definition = published(cast)
    assert "This is not JSON" in text(send(alice, "run-new", definition.id, input="{"))
    assert "No runs yet" in page(alice, "run-list")


def test_a_reader_sees_no_button_that_acts(cast: Cast, auditor: Client) -> None:
    run = started(cast)
    assert "/start/" not in page(auditor, "definition-show", run.definition_id)
    assert "?do=cancel" not in page(auditor, "run-show", run.id)
    assert send(auditor, "run-cancel", run.id, mode="leave").status_code == 403


def test_an_outsider_finds_neither_definition_nor_run(cast: Cast) -> None:
    run, charlie = started(cast), cast.browser(cast.charlie)
    found = {charlie.get(at(view, one)).status_code
             for view, one in (("definition-show", run.definition_id), ("run-show", run.id))}  # fmt: skip
    assert found == {404}


def test_runs_are_narrowed_by_state_and_definition(cast: Cast, alice: Client) -> None:
    run = started(cast)
    assert "No run matches" in page(alice, "run-list", status="completed")
    assert str(run.id) in page(alice, "run-list", status="pending", definition_id=str(run.definition_id))


def test_a_run_is_asked_to_stop(cast: Cast, alice: Client) -> None:
    run = started(cast)
    assert "was asked to stop" in text(send(alice, "run-cancel", run.id, mode="compensate", reason="wrong amount"))


def test_a_poll_without_news_answers_nothing(cast: Cast, alice: Client) -> None:
    run = started(cast)
    headers = {"HX-Request": "true", "HX-Target": "div#live"}
    assert alice.get(at("run-show", run.id), {"after": "0.pending"}, headers=headers).status_code == 204
    news = alice.get(at("run-show", run.id), {"after": "0.running"}, headers=headers)
    assert text(news).startswith('<div id="live"')


@committed
def test_an_undone_run_shows_what_was_undone_last_first(cast: Cast, bench: Bench, effects: Effects) -> None:
    run, alice = broken_run(bench, effects), cast.browser(cast.alice)
    shown = alice.get(at("run-show", run.id))
    assert [(one.name, one.status) for one in shown.context["steps"]] == [("reserve", "completed"), ("book", "faulted")]
    assert [(one.name, one.by, one.status) for one in shown.context["undone"]] == [
        ("book", "", "not_applicable"), ("reserve", "release", "compensated"),
    ]  # fmt: skip
    assert [one.name for one in shown.context["undo_steps"]] == ["release"]
    assert "hx-trigger" not in text(shown).partition('id="live"')[2].partition(">")[0]


@committed
def test_a_step_shows_what_went_in_and_why_it_failed(cast: Cast, bench: Bench, effects: Effects) -> None:
    run, alice = broken_run(bench, effects), cast.browser(cast.alice)
    failed = alice.get(at("run-show", run.id)).context["steps"][-1]
    shown = page(alice, "run-show", run.id, step=str(failed.key))
    assert "step-error" in shown
    assert [
        (one.number, one.status)
        for one in alice.get(at("run-show", run.id), {"step": failed.key}).context["detail"].attempts
    ] == [(1, "faulted")]


@committed
def test_a_failed_undo_is_decided_by_a_person(cast: Cast, bench: Bench, effects: Effects) -> None:
    run = broken_run(bench, effects, **{"/release": (422, {})})
    alice = cast.browser(cast.alice)
    [(_name, form)] = alice.get(at("run-show", run.id)).context["decide_forms"]
    fields = {"effect": form["effect"].value(), "decision": "done"}
    assert "reason" in send(alice, "run-decide", run.id, **fields).context["form"].errors
    assert "Decided." in text(send(alice, "run-decide", run.id, **fields, reason="by telephone"))


@committed
def test_an_event_shows_its_deliveries(cast: Cast, bench: Bench) -> None:
    definition_of_event(cast)
    [event] = bench.publish(type="told")
    shown = page(cast.browser(cast.alice), "event-show", event["id"])
    assert "tests/listener" in shown
    assert "told" in page(cast.browser(cast.alice), "event-list", type="told")


@committed
def test_a_dead_letter_is_sent_again(cast: Cast, bench: Bench, auditor: Client) -> None:
    definition_of_event(cast)
    bench.publish(type="told")
    [delivery] = bench.deliveries()
    with cast.acting():
        dead = {"status": "dead", "attempts": 8, "last_error": "no such thing", "settled_at": timezone.now()}
        Delivery.objects.filter(id=delivery.id).update(**dead)
    alice = cast.browser(cast.alice)
    assert "no such thing" in page(alice, "delivery-list")
    assert "?do=redrive" not in page(auditor, "delivery-show", delivery.id)
    assert "tried again now" in text(send(alice, "delivery-redrive", delivery.id))
    assert "Only a dead delivery" in text(send(alice, "delivery-redrive", delivery.id))
    assert "No dead letters" in page(alice, "delivery-list")


def definition_of_event(cast: Cast) -> None:
    """A definition that the event `told` starts."""
    with cast.acting():
        definition_publish(
            "document: {dsl: 1.0.3, namespace: tests, name: listener, version: 1.0.0}\n"
            "schedule: {on: {one: {with: {type: told}}}}\ndo:\n  - pause:\n      wait: {seconds: 1}\n"
        )
