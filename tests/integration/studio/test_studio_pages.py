"""The Studio as the server sends it: complete before any script, every state in the address, in both languages."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tenants.domain import Role
from tests import factories
from tests.cast import Cast
from tests.integration.studio.kit import at, page
from workflows.domain.pattern_file import read_pattern
from workflows.domain.patterns import PLATFORMS, SCENARIOS
from workflows.domain.starters import task_text
from workflows.patterns import blocks, pattern, patterns

pytestmark = pytest.mark.django_db
PUBLIC = "/studio/"
FIRST = patterns()[0]
LINK = re.compile(r'href="(\?[^"]+)"')


def shown(client: Client, **query: Any) -> str:
    """The public page in a state."""
    response = client.get(PUBLIC, query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_a_stranger_finds_the_studio_open(client: Client) -> None:
    html = shown(client)
    assert reverse("account_login") in html
    for one in patterns():
        assert one.title["en"].partition(" (")[0] in html


def test_the_drawing_is_there_before_any_script(client: Client) -> None:
    html = shown(client)
    assert html.index('<svg class="wires diagram') < html.index('id="player"')
    for node in FIRST.nodes:
        assert f'data-node="{node.id}"' in html


@pytest.mark.parametrize("slug", [one.slug for one in patterns()])
def test_the_list_says_every_node_and_every_line(client: Client, slug: str) -> None:
    pattern = next(one for one in patterns() if one.slug == slug)
    listed = re.search(
        r'<div class="twin"(?P<hidden>[^>]*)>(?P<list>.*?)<div class="player"',
        shown(client, pattern=slug, view="list"),
        re.S,
    )
    assert listed
    assert "hidden" not in listed["hidden"]
    for node in pattern.nodes:
        assert f">{node.label['en']}</a>" in listed["list"]
        assert node.services["cloudflare"].service in listed["list"]
    for edge in pattern.edges:
        assert edge.label["en"] in listed["list"]
    assert listed["list"].count("→") == len(pattern.edges)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_names_its_service_on_every_node(client: Client, platform: str) -> None:
    html = shown(client, platform=platform)
    assert f'data-platform="{platform}"' in html
    assert re.search(rf'value="{platform}"[^>]*checked', html)
    for node in FIRST.nodes:
        assert node.services[platform].service in html


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_story_is_told_by_plain_links(client: Client, scenario: str) -> None:
    """Previous and Next lead through every beat and back to the first."""
    beats = FIRST.scenario(scenario).beats
    html = shown(client, scenario=scenario)
    for number, beat in enumerate(beats, 1):
        (link,) = re.findall(r'id="next" href="([^"]+)"', html)
        html = unescape(client.get(PUBLIC + unescape(link)).content.decode())
        told = re.search(r'id="narration"[^>]*>([^<]*)<', html)
        assert told
        assert told[1] == beat.say["en"]
        assert f"Beat {number} of {len(beats)}" in html
    assert re.search(r'id="next" href="[^"]*beat=1"', html)


def test_a_beat_marks_its_nodes_and_lines(client: Client) -> None:
    beat = FIRST.scenario("happy").beats[0]
    html = shown(client, beat=1)
    for edge in beat.edges:
        assert re.search(rf'class="d-line [^"]*is-lit" data-edge="{edge}"', html)
    for node, state in beat.states.items():
        assert re.search(rf'data-node="{node}"[^>]*data-state="{state}"', html)


@pytest.mark.parametrize(("beat", "cost"), [(0, "–"), (1, "$0.00"), (4, "$0.0018")])
def test_a_beat_says_what_has_been_spent_by_then(client: Client, beat: int, cost: str) -> None:
    """In the gauge, and beside the beat in the story's list; with where the figure comes from."""
    html = shown(client, beat=beat)
    assert f'<dd id="gauge-cost">{cost}</dd>' in html
    if beat:
        assert f'aria-current="step">{FIRST.scenario("happy").beats[beat - 1].say["en"]}</a> <small>{cost}<' in html
    assert "Prices are those of the catalogue, the same on every platform" in html
    assert "Tokens are assumed" in html


def test_an_opened_node_tells_its_five_services_without_script(client: Client) -> None:
    node = FIRST.nodes[-1]
    html = shown(client, node=node.id)
    drawer = html[html.index('<dialog class="drawer"') :]
    assert re.match(r'<dialog class="drawer"[^>]* open>', drawer)
    assert node.role["en"] in drawer
    for one in node.services.values():
        assert one.limits["en"] in drawer
        assert f'href="{one.doc}" rel="noreferrer"' in drawer


def test_every_link_of_a_state_is_a_good_state(client: Client) -> None:
    html = shown(client, platform="gcp", scenario="model-down", beat=2, node="router", view="list")
    for link in sorted(set(LINK.findall(html))):
        answer = client.get(PUBLIC + link)
        assert answer.status_code == 200
        assert "corrections" not in answer.content.decode(), link


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"pattern": "nonsense"}, "There is no pattern “nonsense”. This is Orchestrator"),
        ({"platform": "azzure"}, "There is no platform “azzure”. This is Azure."),
        ({"scenario": "modeldown"}, "There is no scenario “modeldown”. This is “The model is down”."),
        ({"beat": "99"}, "This scenario has no beat “99”. This is beat 9."),
        ({"node": "ruter"}, "This pattern has no node “ruter”. The nearest is “AI Router”."),
        ({"node": "zzzz"}, "This pattern has no node “zzzz”."),
        ({"view": "<script>"}, "There is no view “&lt;script&gt;”."),
    ],
)
def test_what_an_address_does_not_know_is_replaced_and_said(client: Client, query: dict[str, str], words: str) -> None:
    response = client.get(PUBLIC, query)
    assert response.status_code == 200
    assert words in response.content.decode().replace("&quot;", '"')


def test_it_speaks_vietnamese(client: Client) -> None:
    client.cookies["django_language"] = "vi"
    html = shown(client, beat=1)
    assert FIRST.scenario("happy").beats[0].say["vi"] in html
    assert FIRST.nodes[0].label["vi"] in html
    assert FIRST.zones["core"]["vi"] in html if "core" in FIRST.zones else True
    assert FIRST.summary["en"] not in html


def test_a_member_of_any_role_finds_it_beside_home(cast: Cast) -> None:
    html = page(cast.browser(cast.alice), "studio", platform="aws")
    assert html.index(f'href="{at("home")}"') < html.index(f'href="{at("studio")}"')
    assert "AWS Step Functions" in html


def part(client: Client, path: str, element: str, **query: str) -> Any:
    """What htmx gets when it asks a page for one of its elements."""
    return client.get(path, query, headers={"HX-Request": "true", "HX-Target": element})


def test_the_router_brings_its_simulator_when_it_is_opened(client: Client) -> None:
    assert "simulator-form" not in shown(client)
    html = shown(client, node="router", beat=2)
    assert 'id="simulator-form"' in html
    assert '<input type="hidden" name="node" value="router">' in html
    assert 'name="beat"' not in html  # whoever changes an input wants to see the outcome


def test_the_simulator_is_a_part_of_the_page_and_its_result_a_part_of_it(client: Client) -> None:
    panel = part(client, PUBLIC, "simulator", pattern="saga")
    assert panel.content.decode().lstrip().startswith("<link")
    assert 'name="pattern" value="saga"' in panel.content.decode()
    result = part(client, PUBLIC, "simulation", pattern="saga", s_cost="90")
    assert result.content.decode().lstrip().startswith('<div id="simulation"')
    wrong = part(client, PUBLIC, "simulation", s_cost="a lot")
    assert wrong.status_code == 400


def test_who_may_not_read_routes_finds_no_simulator(cast: Cast) -> None:
    person = factories.user("approver@example.test")
    factories.member(cast.tenant_a, person, Role.APPROVER)
    client = cast.browser(person)
    html = page(client, "studio", node="router")
    assert "simulator-form" not in html
    assert "Your role does not see routes" in html
    assert "simulator-form" not in part(client, at("studio"), "simulator").content.decode()


def test_using_a_pattern_leads_through_signing_in_to_its_form(cast: Cast, client: Client) -> None:
    html = shown(client, pattern="saga", platform="aws")
    (address,) = re.findall(r'id="use" href="([^"]+)"', html)
    answer = client.get(address)
    assert answer.headers["Location"].startswith("/accounts/login/?next=")
    client.force_login(cast.alice)
    assert client.get(address).headers["Location"] == at("pattern-new") + "?pattern=saga&platform=aws"


def test_who_may_not_configure_is_not_asked_to(cast: Cast) -> None:
    assert 'id="use"' in page(cast.browser(cast.alice), "studio")
    assert 'id="use"' not in page(cast.browser(cast.bob), "studio")


def test_all_patterns_come_in_one_file_without_anything_of_a_tenant(cast: Cast) -> None:
    answer = cast.browser(cast.alice).get("/studio/patterns/")
    html = answer.content.decode()
    assert [f'data-slug="{one.slug}"' in html for one in patterns()] == [True] * len(patterns())
    assert "nonce" not in html
    assert cast.tenant_a.name not in html


def test_a_drawing_is_taken_along_as_a_file(client: Client) -> None:
    svg = client.get("/studio/export/", {"platform": "aws", "beat": "2"})
    assert svg["Content-Type"] == "image/svg+xml"
    assert svg["Content-Disposition"] == 'attachment; filename="orchestrator-aws.svg"'
    assert "AWS Step Functions" in svg.content.decode()
    assert "class=" not in svg.content.decode()
    own = client.get("/studio/export/", {"format": "yaml", "pattern": "saga"})
    assert own["Content-Disposition"] == 'attachment; filename="saga-cloudflare.yaml"'
    assert read_pattern(own.content, blocks()) == pattern("saga")
    text = client.get("/studio/export/", {"format": "mermaid"})
    assert text["Content-Type"].startswith("text/plain")
    assert text.content.decode().startswith("flowchart")


def test_only_the_page_to_embed_may_stand_in_a_frame_of_another_site(client: Client) -> None:
    page = client.get("/studio/embed/", {"pattern": "saga", "platform": "aws", "beat": "2", "language": "vi"})
    html = page.content.decode()
    assert "frame-ancestors *" in page["Content-Security-Policy"]
    assert "X-Frame-Options" not in page
    assert '<html lang="vi">' in html
    assert "AWS Step Functions" in html
    assert {target for target in re.findall(r'<a [^>]*?href="([^"]+)', html) if "platform=aws" not in target} == set()
    assert not re.search("<(script|form|button|input)", html)
    studio = client.get(PUBLIC)
    assert "frame-ancestors 'none'" in studio["Content-Security-Policy"]
    assert studio["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", [PUBLIC, "/studio/patterns/", "/studio/export/", "/studio/embed/"])
def test_nothing_here_takes_a_post(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_code_keeps_its_lines_on_its_way_to_a_drawer(client: Client) -> None:
    """Everything else of a part is sent without what only makes a template readable."""
    html = client.get("/studio/part/?pattern=saga").content.decode()
    code = re.search(r'<code id="code-saga">(.*?)</code>', html, re.DOTALL)
    assert code is not None
    assert unescape(code[1]) == task_text("saga", "reserve")
    assert "\n" not in html.replace(html[html.index("<pre") : html.rindex("</pre>")], "")


@pytest.mark.parametrize("path", [PUBLIC, "/studio/part/", "/studio/patterns/", "/studio/export/", "/studio/simulate/"])
@pytest.mark.parametrize("given", ["x" * 4_000, "%F0%9F%A6%8A", "%FF%FE", "%00", "%3Cscript%3E", "%E1%BB%87"])
def test_no_address_is_too_strange_to_be_answered(client: Client, path: str, given: str) -> None:
    names = ("pattern", "platform", "scenario", "beat", "node", "view", "layout", "but", "format", "configuration")
    answer = client.get(f"{path}?{'&'.join(f'{name}={given}' for name in names)}")
    assert answer.status_code == 200
    assert "<script>%" not in answer.content.decode()


def test_of_a_repeated_value_the_last_counts(client: Client) -> None:
    html = unescape(client.get(f"{PUBLIC}?platform=moon&platform=aws&pattern=x&pattern=saga").content.decode())
    assert 'data-slug="saga" data-title' in html
    assert re.search(r'value="aws"[^>]*checked', html)
    assert "This address was not quite right" not in html


def marked(html: str, state: str) -> set[str]:
    """The nodes that both the drawing and the list say are in a state."""
    drawn = set(re.findall(rf'data-node="([\w-]+)"[^>]*data-state="{state}"', html))
    assert drawn <= set(re.findall(r'data-state-of="([\w-]+)"><span', html))
    return drawn


def test_the_outcome_of_a_simulation_is_in_the_address_and_told_without_script(client: Client) -> None:
    html = shown(client, pattern="model-router", won="small.other", view="list")
    assert (marked(html, "failed"), marked(html, "won"), marked(html, "done")) == ({"small"}, {"other"}, {"router"})
    assert re.search(r'class="d-line [^"]*is-lit" data-edge="to-other"', html)
    assert html.count("is-lit") == 2  # once in each layout
    assert "corrections" not in html
    assert "won=small.other" in unescape(re.search(r'href="([^"]*export[^"]*)"', html)[1])  # type: ignore[index]


def test_the_open_simulator_lights_its_own_outcome(client: Client) -> None:
    asked = {"pattern": "model-router", "node": "router"}
    assert marked(shown(client, **asked, s_cost="0", s_speed="0", s_quality="100"), "won") == {"large"}
    html = shown(client, **asked, s_down="gpt-mini", won="cache")
    assert (marked(html, "failed"), marked(html, "won")) == ({"small"}, {"other"})
    assert marked(shown(client, **asked, s_again="1"), "hit") == {"cache"}
    assert marked(shown(client, **asked, beat="2"), "won") == set()


def test_an_outcome_that_does_not_exist_is_said(client: Client) -> None:
    html = shown(client, pattern="model-router", won="smal.large")
    assert "A simulation cannot end with “smal.large” here. The nearest is “small.large”." in html
    assert "A simulation cannot end with “zzz” here." in shown(client, won="zzz")
