"""The pattern files: both languages, all platforms, stories that could happen; faults are found at their line."""

import re
from collections.abc import Iterator, Mapping

import pytest

from workflows.domain.faults import Fault, InvalidDefinition
from workflows.domain.pattern_file import read_blocks, read_pattern
from workflows.domain.patterns import (
    LANGUAGES,
    PLATFORMS,
    SCENARIOS,
    Pattern,
    Scenario,
    changes,
    nearest,
    nearest_beat,
)
from workflows.patterns import BLOCKS, HERE, SLUGS, blocks, pattern, patterns

STORIES = [(one, story) for one in patterns() for story in one.scenarios]
NAMES = re.compile(r"[A-Z0-9][\w.+-]*( [A-Z0-9+][\w.+-]*)*")  # "AI", "ERP": names are the same in both languages


def texts(value: object, path: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every text in both languages, with its place."""
    if isinstance(value, Mapping) and set(value) == set(LANGUAGES):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(item, f"{path}/{key}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from texts(item, f"{path}/{index}")
    elif hasattr(value, "__slots__"):
        for name in value.__slots__:
            yield from texts(getattr(value, name), f"{path}/{name}")


def all_texts() -> list[tuple[str, Mapping[str, str]]]:
    return [*texts(patterns()), *texts(dict(blocks()))]


def faults(text: str) -> tuple[Fault, ...]:
    with pytest.raises(InvalidDefinition) as caught:
        read_pattern(text, blocks())
    return caught.value.faults


def source(slug: str = "orchestrator") -> str:
    return (HERE / f"{slug}.yaml").read_text(encoding="utf-8")


def test_the_patterns_are_numbered_in_their_order():
    assert [(one.slug, one.number) for one in patterns()] == [(slug, n) for n, slug in enumerate(SLUGS, start=1)]


def test_an_unknown_pattern_is_not_found():
    with pytest.raises(LookupError):
        pattern("orchestrater")


def test_every_text_says_something_in_both_languages():
    assert [place for place, text in all_texts() if not all(text[language].strip() for language in LANGUAGES)] == []


def test_the_languages_differ_except_in_names():
    same = [(place, text["en"]) for place, text in all_texts() if text["en"] == text["vi"]]
    assert [(place, words) for place, words in same if not NAMES.fullmatch(words)] == []


def test_sentences_end_as_sentences():
    told = [(place, text) for place, text in all_texts() if re.search(r"/(say|role|how|limits|summary)$", place)]
    assert [place for place, text in told if not all(text[language].endswith(".") for language in LANGUAGES)] == []


@pytest.mark.parametrize("one", patterns(), ids=lambda one: one.slug)
def test_every_node_has_a_service_on_every_platform(one: Pattern):
    assert {tuple(node.services) for node in one.nodes} == {PLATFORMS}


@pytest.mark.parametrize("one", patterns(), ids=lambda one: one.slug)
def test_every_scenario_is_told(one: Pattern):
    assert {story.id for story in one.scenarios} == set(SCENARIOS)


@pytest.mark.parametrize("one", patterns(), ids=lambda one: one.slug)
def test_every_edge_is_used_by_some_story(one: Pattern):
    used = {edge for story in one.scenarios for beat in story.beats for edge in beat.edges}
    assert used == {edge.id for edge in one.edges}


@pytest.mark.parametrize(("one", "story"), STORIES, ids=lambda one: getattr(one, "slug", None) or one.id)
def test_a_story_undoes_only_after_a_failure_and_in_reverse(one: Pattern, story: Scenario):
    undoing = {edge.id: edge.source for edge in one.edges if edge.kind == "compensation"}
    undone = [undoing[edge] for beat in story.beats for edge in beat.edges if edge in undoing]
    reached = [node for beat in story.beats for node, state in beat.states.items() if state in {"done", "failed"}]
    order = list(dict.fromkeys(reached))
    first = next((n for n, beat in enumerate(story.beats) if "failed" in beat.states.values()), len(story.beats))
    begins = [n for n, beat in enumerate(story.beats) if any(edge in undoing for edge in beat.edges)]
    assert all(n >= first for n in begins)
    places = [order.index(node) for node in undone if node in order]
    assert places == sorted(places, reverse=True)


@pytest.mark.parametrize(("one", "story"), STORIES, ids=lambda one: getattr(one, "slug", None) or one.id)
def test_a_story_fails_only_where_its_name_says_so(one: Pattern, story: Scenario):
    failed = any("failed" in beat.states.values() for beat in story.beats)
    assert failed == (story.id in {"slow-model", "model-down", "step-fails"}) or story.id == "slow-model"


@pytest.mark.parametrize("one", patterns(), ids=lambda one: one.slug)
def test_a_story_that_plays_by_itself_stops_within_five_seconds(one: Pattern):
    assert one.scenario("happy").milliseconds <= 4800


def test_a_missing_language_is_a_fault_at_its_line():
    text = source().replace("\n  vi: Bộ điều phối\n", "\n", 1)
    (fault,) = faults(text)
    assert (fault.pointer, fault.line) == ("/title", 4)
    assert "“vi” is missing" in fault.message


def test_an_unknown_key_is_refused_with_the_one_meant():
    (fault, missing) = sorted(faults(source().replace("\nsummary:", "\nsumary:", 1)), key=lambda one: -len(one.pointer))
    assert (fault.pointer, fault.line, fault.remedy) == ("/sumary", 6, "Did you mean “summary”?")
    assert "“summary” is missing" in missing.message


@pytest.mark.parametrize(
    ("old", "new", "pointer", "said"),
    [
        ("from: channel, to: hub", "from: chanel, to: hub", "/edges/0/from", "no node “chanel”"),
        ("kind: call", "kind: shout", "/edges/0/kind", "“shout” is none"),
        ("edges: [ask]", "edges: [asks]", "/scenarios/happy/beats/0/edges/0", "no edge “asks”"),
        ("channel: waiting, hub", "channel: asleep, hub", "/scenarios/happy/beats/0/states/channel", "“asleep”"),
        ("channel: waiting, hub", "canal: waiting, hub", "/scenarios/happy/beats/0/states/canal", "“canal”"),
        ("zone: channel", "zone: chanel", "/nodes/0/zone", "no zone “chanel”"),
        ("block: entry", "block: entrance", "/nodes/0/block", "no building block"),
        ("{id: answer,", "{id: ask,", "/edges/1/id", "here twice"),
        ("    row: 1\n    block: workflow", "    row: 0\n    block: workflow", "/nodes/1/column", "same cell"),
        ("  happy:", "  hapy:", "/scenarios/hapy", "no scenario “hapy”"),
        ("number: 1", "number: 6", "/number", "from 1 to 5"),
        ("edges: [think]\n", "edges: [think]\n        milliseconds: 3000\n", "/scenarios/happy/beats", "at most 4800"),
        ("edges: [think]\n", "edges: [undo]\n", "/scenarios/happy/beats/1", "before anything failed"),
        ("hub: done, channel: done", "hub: active, channel: done", "/scenarios/happy/beats/8", "still active"),
    ],
)  # fmt: skip
def test_a_fault_is_found_at_its_place(old: str, new: str, pointer: str, said: str):
    assert old in source()
    found = [fault for fault in faults(source().replace(old, new, 1)) if fault.pointer == pointer]
    assert any(said in fault.message for fault in found)
    assert all(fault.line > 1 for fault in found)


def test_a_platform_left_out_of_a_block_is_a_fault():
    text = BLOCKS.read_text(encoding="utf-8").replace("\n  azure:\n", "\n  azur:\n", 1)
    with pytest.raises(InvalidDefinition) as caught:
        read_blocks(text)
    assert {"The key “azure” is missing.", "The key “azur” is not known here."} <= {
        fault.message for fault in caught.value.faults
    }


def test_moving_nowhere_changes_nothing():
    for one in patterns():
        assert changes(one, "aws", "aws").changed == ()


def test_moving_counts_the_nodes_whose_service_changes():
    moved = changes(pattern("orchestrator"), "cloudflare", "onprem")
    assert (moved.nodes, len(moved.changed)) == (9, 9)


@pytest.mark.parametrize(
    ("given", "meant"),
    [("aws", "aws"), ("AWS", "aws"), ("cloudfare", "cloudflare"), ("", "cloudflare"), ("x" * 9999, "cloudflare")],
)
def test_an_address_leads_to_the_nearest_platform(given: str, meant: str):
    assert nearest(given, PLATFORMS) == meant


@pytest.mark.parametrize(("given", "beat"), [("3", 3), ("0", 1), ("99999999", 1), ("999", 9), ("-1", 1), ("²", 1)])
def test_an_address_leads_to_the_nearest_beat(given: str, beat: int):
    assert nearest_beat(given, pattern("orchestrator").scenario("happy")) == beat
