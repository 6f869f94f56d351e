"""The pages of pattern configurations: from one form to a live one, and what is said when it cannot be."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from connectors.services import connector_stop
from routing.services import route_create
from tenants.domain import Role
from tests import factories
from tests.cast import Cast
from tests.integration.studio.kit import at, page, send, text
from tests.integration.workflows.pattern_kit import ON_EVENT, PATTERNS, Parts, parts_of
from workflows.models import PatternConfiguration, Run
from workflows.services import run_start

pytestmark = pytest.mark.django_db
CHOSEN = re.compile(r'<option value="([^"]*)" selected')
FIRST = re.compile(r'<option value="([^"]*)"')
INPUT = re.compile(r'<input type="(?:text|checkbox)" name="([^"]+)"(?:[^>]*? value="([^"]*)")?([^>]*)>')
SELECT = re.compile(r'<select name="([^"]+)".*?</select>', re.DOTALL)


@pytest.fixture
def parts(cast: Cast) -> Parts:
    return parts_of(cast)


@pytest.fixture
def alice(cast: Cast) -> Client:
    return cast.browser(cast.alice)


def as_offered(html: str) -> dict[str, Any]:
    """What the form of a page would send if nobody touched it."""
    form = html[html.index('<form class="form"') :]
    found: dict[str, Any] = {}
    for select in SELECT.finditer(form):
        chosen = CHOSEN.search(select[0]) or FIRST.search(select[0])
        found[select[1]] = chosen[1] if chosen else ""
    for name, value, rest in INPUT.findall(form):
        if "checkbox" not in form[form.index(f'name="{name}"') - 25 : form.index(f'name="{name}"')]:
            found[name] = value
        elif "checked" in rest:
            found.setdefault(name, []).append(value)
    return found


def drafted(alice: Client, pattern: str) -> PatternConfiguration:
    """A draft made of the form as it is offered."""
    offered = as_offered(page(alice, "pattern-new", pattern=pattern, platform="aws"))
    response = alice.post(f"{at('pattern-new')}?pattern={pattern}&platform=aws", offered)
    assert response.status_code == 302, text(response)
    return PatternConfiguration(pk=response.url.rstrip("/").rpartition("/")[2])


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_form_as_offered_becomes_a_live_configuration(parts: Parts, alice: Client, pattern: str):
    row = drafted(alice, pattern)
    said = text(send(alice, "pattern-start", row.pk))
    fresh = parts.fresh(row)
    assert (fresh.status, fresh.platform, fresh.unit_id) == ("live", "aws", parts.unit.id)
    assert "It is live." in said
    assert 'id="use-box"' in said


def test_a_run_begins_from_the_page_with_its_sample(parts: Parts, alice: Client):
    row = parts.live("orchestrator")
    shown = page(alice, "pattern-show", row.id)
    sample = re.search(r"<textarea name=\"input\".*?>\s*(.*?)</textarea>", shown, re.DOTALL)
    assert sample
    assert "50001010" in sample[1]
    response = send(alice, "pattern-use", row.id, input='{"text": "x", "account": "1"}')
    with parts.cast.acting():
        assert response.redirect_chain[-1][0] == at("run-show", Run.objects.get().id)


def test_an_event_is_published_from_the_page_and_leads_to_its_deliveries(parts: Parts, alice: Client):
    row = parts.live("choreography", "Orders")
    shown = page(alice, "pattern-show", row.id)
    assert "orders.submitted" in shown
    said = text(send(alice, "pattern-use", row.id, type="orders.submitted", content='{"text": "x", "account": "1"}'))
    assert "patterns/orders-screening" in said
    assert "patterns/orders-core" in said


def test_data_that_is_no_json_is_refused_beside_its_field(parts: Parts, alice: Client):
    row = parts.live("choreography", "Orders")
    said = text(send(alice, "pattern-use", row.id, type="orders.submitted", content="{"))
    assert "This is not JSON: line 1, column 2." in said


def test_a_start_that_is_refused_says_what_to_change(parts: Parts, alice: Client):
    row = parts.drafted("model-router", "Chat")
    with parts.cast.acting():
        spec = {"strategy": "ordered", "candidates": [{"deployment": str(parts.deployment.id)}]}
        route_create(name="chat", spec=spec)
    said = text(send(alice, "pattern-start", row.id))
    assert "There is a route with this name already. Choose a different one." in said
    assert parts.fresh(row).status == "draft"


def test_a_stopped_connector_is_not_offered_and_names_itself_at_start(parts: Parts, alice: Client):
    row = parts.drafted("adapter")
    with parts.cast.acting():
        connector_stop(parts.connector.id)
    assert "This connector is stopped." in text(send(alice, "pattern-start", row.id))
    assert "Something is missing" in page(alice, "pattern-new", pattern="adapter")


def test_stopping_says_what_it_means_before_and_archives_after(parts: Parts, alice: Client):
    row = parts.live("model-router")
    assert "clients that ask for it get 404" in page(alice, "pattern-show", row.id)
    assert "Stopped. Runs that have begun go on." in text(send(alice, "pattern-stop", row.id))
    assert "Archived. Its name is free." in text(send(alice, "pattern-archive", row.id))
    assert row.name not in page(alice, "pattern-list")
    assert row.name in page(alice, "pattern-list", all="1")
    assert "Restored." in text(send(alice, "pattern-restore", row.id))


def test_a_configuration_that_is_not_live_is_not_used(parts: Parts, alice: Client):
    row = parts.drafted("orchestrator")
    response = alice.post(at("pattern-use", row.id), {"input": "{}"})
    assert (response.status_code, "not live" in text(response)) == (409, True)


def test_the_parts_of_a_live_one_are_not_on_its_form(parts: Parts, alice: Client):
    row = parts.live("saga")
    form = page(alice, "pattern-edit", row.id)
    assert 'name="reserve"' not in form
    send(alice, "pattern-edit", row.id, name="Tên mới", platform="gcp")
    fresh = parts.fresh(row)
    assert (fresh.name, fresh.platform, fresh.status) == ("Tên mới", "gcp", "live")


def test_a_draft_is_edited_with_what_it_has(parts: Parts, alice: Client):
    row = parts.drafted("saga")
    offered = as_offered(page(alice, "pattern-edit", row.id))
    assert offered["reserve"] == f"{parts.connector.id}:reserve"
    send(alice, "pattern-edit", row.id, **offered | {"handle": "loans"})
    assert parts.fresh(row).handle == "loans"


def test_operations_of_two_connectors_are_no_saga(parts: Parts, alice: Client):
    offered = as_offered(page(alice, "pattern-new", pattern="saga"))
    wrong = offered | {"name": "x", "book": f"{parts.unit.id}:book"}
    response = alice.post(f"{at('pattern-new')}?pattern=saga", wrong)
    assert "Select a valid choice" in text(response)


@pytest.mark.parametrize("asked", ["", "spaghetti"])
def test_an_unknown_pattern_is_asked_for_again(parts: Parts, alice: Client, asked: str):
    found = page(alice, "pattern-new", pattern=asked)
    assert found.count('<a href="/t/bank-a/patterns/new/?pattern=') == 5
    assert (f"There is no pattern “{asked}”" in found) == bool(asked)


def test_an_unknown_platform_is_the_default(parts: Parts, alice: Client):
    assert 'value="cloudflare" selected' in page(alice, "pattern-new", pattern="adapter", platform="mars")


def test_a_name_of_sixty_vietnamese_letters_is_shown_whole(parts: Parts, alice: Client):
    name = "Thẩm định khoản vay tín chấp của khách hàng doanh nghiệp vừa"
    row = parts.drafted("orchestrator", name)
    assert name in page(alice, "pattern-show", row.id)
    assert name in page(alice, "pattern-list")


def test_an_empty_tenant_is_told_what_to_do(cast: Cast, alice: Client):
    assert "No pattern is in use yet" in page(alice, "pattern-list")
    for pattern in PATTERNS:
        assert "Something is missing" in page(alice, "pattern-new", pattern=pattern)


def test_readers_look_and_developers_use(parts: Parts, cast: Cast):
    row = parts.live("orchestrator")
    auditor = factories.user("auditor@example.test")
    factories.member(cast.tenant_a, auditor, Role.AUDITOR)
    reader, developer = cast.browser(auditor), cast.browser(cast.bob)
    assert 'id="use-box"' not in page(reader, "pattern-show", row.id)
    assert 'id="use-box"' in page(developer, "pattern-show", row.id)
    assert reader.post(at("pattern-use", row.id), {"input": "{}"}).status_code == 403
    assert developer.post(at("pattern-stop", row.id)).status_code == 403
    assert cast.browser(cast.charlie).get(at("pattern-show", row.id)).status_code == 404


def test_the_studio_opens_a_live_configuration_with_its_names_and_its_traffic(parts: Parts, alice: Client):
    row = parts.live("orchestrator", "Mine")
    with parts.cast.acting():
        run_start(definition="patterns/mine", input={})
    drawn = page(alice, "studio", pattern="orchestrator", configuration=str(row.id))
    assert drawn.count(">mine<") >= 2
    assert '<tspan class="d-count">' in drawn
    assert f"configuration={row.id}" in drawn
    assert "Use this pattern" not in drawn


def test_the_studio_draws_a_draft_without_figures(parts: Parts, alice: Client):
    row = parts.drafted("saga", "Draft")
    drawn = page(alice, "studio", pattern="saga", configuration=str(row.id))
    assert "reserve · demo_core" in drawn
    assert "d-count" not in drawn


@pytest.mark.parametrize("asked", ["x", "01a20469-0000-7000-8000-000000000000", "theirs"])
def test_a_configuration_that_is_not_here_is_the_pattern_by_itself(parts: Parts, alice: Client, cast: Cast, asked: str):
    if asked == "theirs":
        asked = str(parts_of(cast, cast.tenant_b).drafted("saga", "Zeppelin").id)
    drawn = page(alice, "studio", pattern="saga", configuration=asked)
    assert "That configuration is not here." in drawn
    assert "Zeppelin" not in drawn


def test_a_configuration_of_another_pattern_is_closed_quietly(parts: Parts, alice: Client):
    row = parts.live("adapter")
    drawn = page(alice, "studio", pattern="saga", configuration=str(row.id))
    assert "That configuration is not here." not in drawn
    assert row.name not in drawn


def test_a_router_of_deployments_is_made_by_start_and_answers_to_its_handle(parts: Parts, alice: Client):
    offered = as_offered(page(alice, "pattern-new", pattern="model-router"))
    wanted = offered | {"name": "Hỏi đáp", "route": "", "strategy": "ordered"}
    shown = text(alice.post(f"{at('pattern-new')}?pattern=model-router", wanted, follow=True))
    assert "will be made by Start: deployments 1, In order" in shown
    row = PatternConfiguration(pk=re.search(r"patterns/([0-9a-f-]{36})/start/", shown)[1])
    send(alice, "pattern-start", row.pk)
    with parts.cast.acting():
        assert str(PatternConfiguration.objects.get(pk=row.pk).route) == "hoi-dap"


def test_existing_participants_are_chosen_on_the_form(parts: Parts, alice: Client):
    definition = parts.published(ON_EVENT)
    offered = as_offered(page(alice, "pattern-new", pattern="choreography"))
    alice.post(f"{at('pattern-new')}?pattern=choreography", offered | {"definitions": [str(definition.id)]})
    with parts.cast.acting():
        row = PatternConfiguration.objects.get()
        assert [one.definition_id for one in row.participants.all()] == [definition.id]
        assert (row.handle, row.connector_id) == ("", None)


def exported(html: str) -> str:
    """Where the page of the Studio leads for its drawing as a file."""
    [found] = re.findall(r'data-export="svg" href="([^"]+)"', html)
    return unescape(found)


def test_an_exported_configuration_has_its_own_names_as_the_page_shows_them(parts: Parts, alice: Client):
    row = parts.live("orchestrator", "Vay vốn – Mine")
    address = exported(page(alice, "studio", pattern="orchestrator", platform="gcp", configuration=str(row.id)))
    svg = alice.get(address)
    assert svg["Content-Disposition"] == 'attachment; filename="vay-von-mine-gcp.svg"'
    assert svg["Cache-Control"] == "private, no-store"
    assert ">vay-von-mine<" in svg.content.decode()
    assert "account_read" in svg.content.decode()
    mermaid = alice.get(address.replace("format=svg", "format=mermaid")).content.decode()
    assert '["vay-von-mine<br/>' in mermaid
    assert "account_read · demo_core" in mermaid
    assert "vay-von-mine" not in alice.get(exported(page(alice, "studio"))).content.decode()


def test_nobody_else_takes_a_configuration_along(parts: Parts, alice: Client, cast: Cast):
    row = parts.live("saga")
    address, charlie = at("configuration-export", row.id), cast.browser(cast.charlie)
    assert charlie.get(address).status_code == 404
    assert charlie.get(f"/t/{cast.tenant_b.slug}/studio/configurations/{row.id}/export/").status_code == 404
    assert alice.get(at("configuration-export", "01a20469-0000-7000-8000-000000000000")).status_code == 404
    assert alice.post(address).status_code == 405
    assert Client().get(address).status_code == 302


def test_the_figures_of_a_live_configuration_are_looked_up_again(cast: Cast, parts: Parts) -> None:
    row = parts.live("orchestrator")
    alice = cast.browser(cast.alice)
    drawn = page(alice, "studio", pattern="orchestrator", configuration=str(row.id))
    assert f'data-traffic="{at("studio-traffic")}?configuration={row.id}"' in drawn
    told = alice.get(at("studio-traffic"), {"configuration": row.id}).json()
    assert (told["live"], told["figures"]["ask"]) == (True, "0")
    assert re.fullmatch(r"\d\d:\d\d:\d\d", told["read_at"])
    send(alice, "pattern-stop", row.id)
    stopped = alice.get(at("studio-traffic"), {"configuration": row.id}).json()
    assert (stopped["live"], stopped["figures"]) == (False, {})
    unknown = alice.get(at("studio-traffic"), {"configuration": "nothing"}).json()
    assert (unknown["live"], unknown["figures"]) == (False, {})


def test_nobody_elses_figures_are_told(cast: Cast, parts: Parts) -> None:
    row = parts.live("orchestrator")
    charlie = cast.browser(cast.charlie)
    own = charlie.get(f"/t/{cast.tenant_b.slug}/studio/traffic/", {"configuration": row.id})
    assert (own.json()["live"], own.json()["figures"]) == (False, {})
    assert charlie.get(at("studio-traffic"), {"configuration": row.id}).status_code == 404
