"""How hard a prompt looks: a fitted linear score over surface features, with abstention where it knows nothing.

No word list decides and the prompt cannot name its own tier: the features count shapes (length, sentences, numbers,
symbols), and their weights were fitted by `bench/difficulty/fit.py` on how much a strong model gained over a weak one.
The raw sum is turned into a percentile of the reference prompts, so that cuts read as "the easiest 40 per cent".
"""

import hashlib
import json
import math
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Final

from routing.domain.spec import DifficultyBands, canonical_json
from routing.domain.types import BandName, DifficultyScore, DifficultyWeights

FEATURES: Final = (
    "length", "words", "word_length", "long_words", "distinct_words", "sentences", "sentence_length", "last_sentence",
    "lines", "questions", "commas", "numbers", "digit_share", "operators", "markup", "brackets", "quotes", "capitals",
    "money_and_percent", "semicolons", "colons",
)  # fmt: skip

SAMPLE_CHARS: Final = 2000  # of the beginning and of the end, which bounds the time for a long prompt
FITTED_SCRIPTS: Final = frozenset({"latin"})

_WORD: Final = re.compile(r"[^\W\d_]+")
_NUMBER: Final = re.compile(r"\d+")
_SENTENCE_END: Final = re.compile(r"[.!?]+(?=\s|$)|\n+")
_NOT_OPERATOR: Final = re.compile(r"[^-+*/=<>^]+")
_CAPITAL: Final = re.compile(r"[A-Z]")


def prompt_features(text: str) -> tuple[float, ...]:
    """The feature values of a prompt in the order of FEATURES, each rounded so that it can be stored exactly."""
    sample = text if len(text) <= 2 * SAMPLE_CHARS else text[:SAMPLE_CHARS] + "\n" + text[-SAMPLE_CHARS:]
    words = _WORD.findall(sample)
    count, chars = max(len(words), 1), max(len(sample), 1)
    scale = len(text) / chars
    sentences = [part for part in _SENTENCE_END.split(sample) if len(part) > 2]
    letters = sum(map(len, words))
    numbers = _NUMBER.findall(sample)
    how_many = sample.count
    per_word = 100 / count
    values = (
        math.log1p(len(text)),
        math.log1p(len(words) * scale),
        letters / count,
        sum(len(word) > 8 for word in words) / count,
        len(set(words)) / count,
        math.log1p(len(sentences) * scale),
        math.log1p(count / max(len(sentences), 1)),
        math.log1p(len(sentences[-1]) if sentences else 0),
        math.log1p(how_many("\n")),
        math.log1p(how_many("?")),
        how_many(",") * per_word / 10,
        math.log1p(len(numbers)),
        sum(map(len, numbers)) / chars * 10,
        math.log1p(len(_NOT_OPERATOR.sub("", sample))),
        math.log1p(how_many("\\") + how_many("_") + how_many("{") + how_many("`") + how_many("|")),
        math.log1p(how_many("(") + how_many("[")),
        math.log1p(how_many('"') + how_many("“")),
        len(_CAPITAL.findall(sample)) / count,
        math.log1p(how_many("$") + how_many("%")),
        math.log1p(how_many(";")),
        math.log1p(how_many(":")),
    )
    return tuple([round(value, 4) for value in values])


def script_of(text: str) -> str:
    """`latin` for text in the letters the score was fitted on; otherwise `accented` or `other`, where it abstains."""
    if text.isascii():
        return "latin"
    sample = text[: 2 * SAMPLE_CHARS]
    letters = sum(map(str.isalpha, sample)) or 1
    foreign = sum(char > "\u024f" and char.isalpha() and not "\u1e00" <= char <= "\u1eff" for char in sample)
    accented = sum(char > "\x7f" and char.isalpha() for char in sample)
    if foreign * 5 > letters:
        return "other"
    return "accented" if accented * 10 > letters else "latin"


def parse_weights(source: Mapping[str, Any]) -> DifficultyWeights:
    """The weights in the data file that `bench/difficulty/fit.py` writes; ValueError when the features are not ours."""
    knots = tuple(float(knot) for knot in source["knots"])
    if set(source["weights"]) != set(FEATURES):
        raise ValueError("difficulty weights were fitted for other features")
    if len(knots) < 2 or any(low > high for low, high in pairwise(knots)):
        raise ValueError("difficulty knots must ascend")
    return DifficultyWeights(
        version=str(source["version"]),
        digest=hashlib.sha256(canonical_json(dict(source))).hexdigest(),
        features=FEATURES,
        weights=tuple(float(source["weights"][name]) for name in FEATURES),
        intercept=float(source["intercept"]),
        knots=knots,
    )


def percentile(raw: float, knots: Sequence[float]) -> float:
    """Where a raw sum stands among the reference prompts, from 0 to 1, interpolated between the knots."""
    index = bisect_right(knots, raw)
    steps = len(knots) - 1
    if index == 0:
        return 0.0
    if index > steps:
        return 1.0
    low, high = knots[index - 1], knots[index]
    return round((index - 1 + (raw - low) / (high - low)) / steps, 4)


def difficulty_score(
    values: Sequence[float] | None, script: str, weights: DifficultyWeights | None, bands: DifficultyBands
) -> DifficultyScore:
    """The score and its band; unsure, with the reason, where there is nothing to judge by."""
    why = _why_unsure(values, script, weights)
    if why or values is None or weights is None:
        return DifficultyScore(None, "unsure", why, None, ())
    # + 0.0 turns -0.0 into 0.0, which a jsonb column would do as well
    contributions = tuple(
        [round(value * weight, 6) + 0.0 for value, weight in zip(values, weights.weights, strict=True)]
    )
    raw = round(weights.intercept + sum(contributions), 6)
    score = percentile(raw, weights.knots)
    band: BandName = "easy" if score < bands.easy_below else "hard" if score > bands.hard_above else "unsure"
    return DifficultyScore(score, band, "between_cuts" if band == "unsure" else "", raw, contributions)


def _why_unsure(values: Sequence[float] | None, script: str, weights: DifficultyWeights | None) -> str:
    if values is None:
        return "no_text"
    if weights is None:
        return "no_weights"
    return "" if script in FITTED_SCRIPTS else "unfitted_script"


@lru_cache(maxsize=1)
def shipped_weights() -> DifficultyWeights:
    """The weights that ship with the code, a constant beside this module."""
    text = files(__package__).joinpath("difficulty_weights.json").read_text(encoding="utf-8")
    return parse_weights(json.loads(text))
