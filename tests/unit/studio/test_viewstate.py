"""The Studio's address: every state in it, unknown values replaced by the nearest good one, and said."""

from dataclasses import replace
from itertools import combinations, product
from urllib.parse import parse_qs, urlencode

import pytest

from studio.diagrams.outcome import outcomes
from studio.viewstate import Correction, view_state
from workflows.domain.patterns import PLATFORMS, SCENARIOS
from workflows.patterns import patterns


def read(**query: object):
    return view_state({name: str(value) for name, value in query.items()}, patterns())


def test_no_query_is_the_first_pattern_at_rest():
    state, corrections = read()
    assert (state.pattern, state.platform, state.scenario, state.beat) == ("orchestrator", "cloudflare", "happy", 0)
    assert (state.node, state.view, corrections) == ("", "", ())


@pytest.mark.parametrize("slug", [one.slug for one in patterns()])
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_state_is_read_back_from_its_own_address(slug: str, platform: str, scenario: str):
    pattern = next(one for one in patterns() if one.slug == slug)
    last, node = len(pattern.scenario(scenario).beats), pattern.nodes[-1].id
    state, corrections = read(
        pattern=slug, platform=platform, scenario=scenario, beat=last, node=node, view="list"
    )  # fmt: skip
    assert corrections == ()
    again, _ = view_state({name: values[0] for name, values in parse_qs(state.query()).items()}, patterns())
    assert again == state


@pytest.mark.parametrize(
    ("name", "given", "shown"),
    [
        ("pattern", "orchestrater", "orchestrator"),
        ("pattern", "nonsense", "orchestrator"),
        ("platform", "amazon", "cloudflare"),
        ("platform", "azzure", "azure"),
        ("scenario", "slow-modl", "slow-model"),
        ("scenario", "🦊", "happy"),
        ("node", "ruter", "router"),
        ("node", "zzz", ""),
        ("view", "lists", "list"),
        ("won", "modle.standby", "model.standby"),
        ("won", "small", ""),
        ("beat", "999", "9"),
        ("beat", "-3", "1"),
        ("beat", "²", "1"),
        ("beat", "9" * 5000, "1"),
    ],
)
def test_an_unknown_value_becomes_the_nearest_good_one_and_is_said(name: str, given: str, shown: str):
    state, corrections = read(**{name: given})
    assert str(getattr(state, name)) == shown
    assert corrections == (Correction(name, given[:40], shown),)


@pytest.mark.parametrize("given", ["AWS", " aws ", "aws"])
def test_capitals_and_blanks_are_no_fault(given: str):
    state, corrections = read(platform=given)
    assert (state.platform, corrections) == ("aws", ())


def test_a_pattern_is_known_by_its_number():
    state, corrections = read(pattern=patterns()[-1].number)
    assert (state.pattern, corrections) == (patterns()[-1].slug, ())


def test_several_unknown_values_are_each_said():
    _, corrections = read(pattern="x", platform="y", scenario="z", beat="q")
    assert {one.parameter for one in corrections} == {"pattern", "platform", "scenario", "beat"}


def test_another_pattern_or_scenario_starts_from_its_first_picture():
    state, _ = read(scenario="happy", beat=3, node="router")
    assert state.query(pattern="saga") == urlencode(
        {"pattern": "saga", "platform": "cloudflare", "scenario": "happy"}
    )  # fmt: skip
    assert "beat" not in state.query(scenario="model-down")
    assert "node=router" in state.query(scenario="model-down")


def test_another_platform_keeps_the_moment():
    state, _ = read(beat=3, node="router", view="list")
    assert state.query(platform="gcp").endswith("platform=gcp&scenario=happy&beat=3&node=router&view=list")


def test_an_open_configuration_stays_in_the_address_until_another_pattern_is_chosen():
    state = replace(read()[0], configuration="c1")
    assert "configuration=c1" in state.query(platform="aws")
    assert "configuration" not in state.query(pattern="saga")


def test_every_outcome_is_read_back_from_its_own_address():
    for pattern in patterns():
        for won in outcomes(pattern):
            state, corrections = read(pattern=pattern.slug, won=won)
            assert (state.won, corrections) == (won, ())
            assert f"won={won}" in state.query(platform="aws")


def test_an_outcome_is_lit_until_pattern_scenario_or_beat_changes():
    state, _ = read(pattern="model-router", won="small.other", node="router")
    assert "won=small.other" in state.query(node="")
    for change in ({"pattern": "saga"}, {"scenario": "model-down"}, {"beat": 1}):
        assert "won" not in state.query(**change)


def test_a_moment_of_the_story_goes_before_an_outcome_and_that_is_said():
    state, corrections = read(pattern="model-router", beat=2, won="small")
    assert (state.beat, state.won, corrections) == (2, "", (Correction("won", "small", ""),))


PARAMETERS = ("pattern", "platform", "scenario", "beat", "node", "view", "won")
ORDER = ("pattern", "scenario", "platform", "beat", "node", "view", "won")  # in which they are read, and said
NONSENSE = ("nonsense", "x" * 5_000, "điều phối", "🦊\u202e", "<script>alert(1)</script>", "-1", "%00\x00", "a&b=c")


@pytest.mark.parametrize(("first", "second"), list(combinations(PARAMETERS, 2)))
def test_any_two_bad_values_make_a_good_state_and_a_word_about_each(first: str, second: str):
    for one, other in product(NONSENSE, repeat=2):
        state, corrections = read(**{first: one, second: other})
        assert [(said.parameter, len(said.given) <= 40) for said in corrections] == [
            (name, True) for name in sorted((first, second), key=ORDER.index)
        ]
        again, none = view_state({name: values[0] for name, values in parse_qs(state.query()).items()}, patterns())
        assert (again, none) == (state, ())


@pytest.mark.parametrize("given", NONSENSE)
def test_all_values_may_be_bad_at_once(given: str):
    state, corrections = read(**dict.fromkeys(PARAMETERS, given))
    assert [one.parameter for one in corrections] == list(ORDER)
    assert view_state({name: values[0] for name, values in parse_qs(state.query()).items()}, patterns())[1] == ()


@pytest.mark.parametrize("name", PARAMETERS)
def test_an_empty_or_blank_value_is_no_fault(name: str):
    assert read(**{name: "   "}) == read()
