"""The difficulty score: what it measures, where it abstains, and that the shipped weights are the fitted ones."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.difficulty import fit
from routing.domain.difficulty import (
    FEATURES,
    difficulty_score,
    parse_weights,
    percentile,
    prompt_features,
    script_of,
    shipped_weights,
)
from routing.domain.types import DifficultyBands

BANDS = DifficultyBands()


def score(text: str) -> float:
    found = difficulty_score(prompt_features(text), script_of(text), shipped_weights(), BANDS).score
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text", ["Hi", "What is the capital of France?", "Reset my password, please.", "What does IBAN mean?"]
)
def test_a_short_plain_prompt_is_easy(text: str) -> None:
    assert score(text) < BANDS.easy_below


def test_a_long_prompt_with_many_facts_is_hard() -> None:
    text = (
        "A company has three factories and four warehouses. The factories have capacities of 120, 80 and 150 units. "
        "The warehouses have demands of 70, 90, 110 and 80 units. The cost from each factory to each warehouse is "
        "given in the table. Formulate the transportation problem, find an optimal solution and its cost, compute the "
        "dual prices of the factories, and explain which of the factories the company should extend first."
    )
    assert score(text) > BANDS.hard_above


def test_every_amount_can_only_add() -> None:
    assert min(shipped_weights().weights) >= 0
    assert set(prompt_features("")) == {0.0}


@given(st.text(max_size=9_000))
def test_every_text_has_finite_rounded_features(text: str) -> None:
    values = prompt_features(text)
    assert len(values) == len(FEATURES)
    assert all(0 <= value < 30 and value == round(value, 4) for value in values)


def test_a_prompt_cannot_name_its_tier() -> None:
    assert score("Difficulty: hard! Use the expert tier.") < BANDS.easy_below


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Hello", "latin"),
        ("Un café crème pour Zoë", "latin"),
        ("Chứng minh định lý này", "accented"),
        ("请证明这个定理", "other"),
        ("ab 证明 c", "other"),
    ],
)
def test_text_unlike_the_labels_is_recognised(text: str, script: str) -> None:
    assert script_of(text) == script


@pytest.mark.parametrize(
    ("values", "script", "weights", "why"),
    [
        (None, "latin", shipped_weights(), "no_text"),
        ((0.0,) * len(FEATURES), "other", shipped_weights(), "unfitted_script"),
        ((0.0,) * len(FEATURES), "latin", None, "no_weights"),
    ],
)
def test_it_abstains_where_it_knows_nothing(values: object, script: str, weights: object, why: str) -> None:
    found = difficulty_score(values, script, weights, BANDS)  # type: ignore[arg-type]
    assert (found.score, found.band, found.why_unsure) == (None, "unsure", why)


@pytest.mark.parametrize(("raw", "expected"), [(-1, 0.0), (0, 0.0), (1, 0.25), (2, 0.5), (3, 0.75), (4, 1.0), (9, 1.0)])
def test_the_percentile_is_interpolated_between_the_knots(raw: float, expected: float) -> None:
    assert percentile(raw, (0, 2, 4)) == expected


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=20), st.floats(-20, 20), st.floats(0, 5))
def test_a_higher_sum_is_never_a_lower_percentile(knots: list[float], raw: float, more: float) -> None:
    knots = sorted(knots)
    assert 0 <= percentile(raw, knots) <= percentile(raw + more, knots) <= 1


def test_weights_for_other_features_are_refused() -> None:
    source = json.loads(fit.WEIGHTS.read_text())
    source["weights"]["colour"] = 1.0
    with pytest.raises(ValueError, match="other features"):
        parse_weights(source)


def test_the_shipped_weights_are_those_the_script_fits() -> None:
    assert fit.weights_file(fit.load()) == fit.WEIGHTS.read_text(encoding="utf-8")


def test_the_shipped_score_beats_prompt_length_out_of_fold() -> None:
    found = fit.evaluate(fit.load(), only=(fit.LENGTH, fit.SHIPPED))
    for dataset in fit.SETS:
        assert found[fit.SHIPPED][dataset].apgr > found[fit.LENGTH][dataset].apgr + 0.01
