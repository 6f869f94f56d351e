"""What a story costs: booked by the rules of the gateway, at the prices of the catalogue, summed up to each beat."""

from itertools import pairwise

import pytest
from django.utils.translation import override

from routing.catalog.catalogue import price_for
from studio.story_figures import CHOSEN, DEPLOYMENTS, MODEL_KINDS, assumed, calls_of, costs, gauges
from workflows.domain.patterns import Pattern, Scenario
from workflows.patterns import pattern, patterns

STORIES = [(one, story) for one in patterns() for story in one.scenarios]
NAMES = [f"{one.slug}-{story.id}" for one, story in STORIES]


def answer(kind: str, model: str) -> int:
    """800 tokens in and 200 out, by the catalogue alone."""
    entry = price_for(kind, model)
    assert entry is not None
    assert entry.price.input is not None
    assert entry.price.output is not None
    return (800 * entry.price.input + 200 * entry.price.output) // 1_000_000


HAIKU = answer("anthropic", "claude-haiku-4-5")
SONNET = answer("anthropic", "claude-sonnet-4-5")
GPT = answer("azure_openai", "gpt-4.1")


def spent(slug: str, scenario: str) -> list[int | None]:
    one = pattern(slug)
    return costs(one, one.scenario(scenario))


def test_an_answer_costs_when_it_comes_and_not_when_it_is_asked_for() -> None:
    assert spent("model-router", "happy") == [0] * 5 + [HAIKU] * 3


def test_an_answer_from_the_cache_costs_nothing() -> None:
    assert set(spent("model-router", "duplicate-event")) == {0}


def test_refusals_cost_nothing_and_the_last_rung_its_own_price() -> None:
    assert spent("model-router", "model-down") == [0] * 7 + [GPT] * 2
    assert set(spent("model-router", "step-fails")) == {0}


def test_a_call_that_ran_out_of_time_is_booked_at_what_was_held() -> None:
    at_rest, *_before, late, _large, _wire, end = spent("model-router", "slow-model")
    assert at_rest == 0
    assert late is not None
    assert end is not None
    assert HAIKU < late < 3 * HAIKU
    assert end == late + SONNET


def test_a_model_that_is_asked_again_is_paid_for_once_it_answers() -> None:
    assert spent("choreography", "model-down")[-2:] == [0, HAIKU]


def test_the_small_model_is_cheaper_than_the_large_one_and_the_spare_one() -> None:
    assert 0 < HAIKU < GPT < SONNET


@pytest.mark.parametrize(("one", "story"), STORIES, ids=NAMES)
def test_every_call_of_a_story_ends_in_an_answer_or_a_failure(one: Pattern, story: Scenario) -> None:
    models = [node.id for node in one.nodes if node.kind in MODEL_KINDS]
    moments = [dict.fromkeys(models, "idle"), *(beat.states for beat in story.beats)]
    ended = sum(
        after[model] in {"done", "failed"} and after[model] != before[model]
        for before, after in pairwise(moments)
        for model in models
    )
    assert ended == sum(calls_of(one, beat) for beat in story.beats)


@pytest.mark.parametrize("one", patterns(), ids=lambda one: one.slug)
def test_every_model_of_a_pattern_has_its_price(one: Pattern) -> None:
    models = {node.id for node in one.nodes if node.kind in MODEL_KINDS}
    assert models <= DEPLOYMENTS.keys()
    assert DEPLOYMENTS["model"] == CHOSEN


@pytest.mark.parametrize(("language", "widest"), [("en", 7), ("vi", 10)])
def test_a_sum_keeps_to_the_room_of_its_gauge(language: str, widest: int) -> None:
    with override(language):
        words = [one.cost for pattern_, story in STORIES for one in gauges(pattern_, story)]
    assert max(map(len, words)) == widest


def test_the_figures_are_those_of_all_beats_so_far_in_the_language_of_the_page() -> None:
    one = pattern("orchestrator")
    with override("vi"):
        last = gauges(one, one.scenario("happy"))[-1]
    assert (last.hops, last.calls, last.cost) == ("13", "1", "0,0018 US$")
    assert last.time.endswith(" s")


def test_what_is_assumed_is_said_with_the_models_whose_prices_they_are() -> None:
    said = assumed()
    assert "800 in, 200 out" in said
    for name in ("Claude Haiku 4.5", "Claude Sonnet 4.5", "GPT-4.1"):
        assert name in said
