"""How hard a prompt looks: a fitted linear score over surface features, with abstention where it knows nothing.

No word list decides and the prompt cannot name its own tier: the features count shapes (length, sentences, numbers,
symbols), and their weights were fitted by `bench/difficulty/fit.py` on how much a strong model gained over a weak one.
The raw sum is turned into a percentile of the reference prompts, so that cuts read as "the easiest 40 per cent".
"""

import hashlib
import json
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Final

from routing.domain.spec import DifficultyBands, canonical_json
from routing.domain.types import BandName, DifficultyScore, DifficultyWeights

FEATURES: Final = (
    "length", "lines", "sentences", "longest_sentence", "long_words", "repetition", "repeated_words", "frequent_words",
    "names", "inner_capitals", "acronyms", "apostrophes", "quotes", "brackets", "commas", "colons", "hyphens",
    "numbers", "operators", "markup",
)  # fmt: skip

SAMPLE_CHARS: Final = 2000  # of the beginning and of the end, which bounds the time for a long prompt
FITTED_SCRIPTS: Final = frozenset({"latin"})

_BLANKED: Final = bytes.maketrans(rb"""-.,;:!?()[]{}<>"'`+*/=^\|_$%&#@~""", b" " * 32)


def prompt_features(text: str) -> tuple[float, ...]:
    """The feature values of a prompt in the order of FEATURES: amounts, 0 for an empty text.

    Each is the logarithm of a count, so that the tenth bracket adds less than the first, and rounded, so that it can be
    stored exactly.
    """
    sample = text if len(text) <= 2 * SAMPLE_CHARS else text[:SAMPLE_CHARS] + "\n" + text[-SAMPLE_CHARS:]
    words = sample.encode("utf-8", "replace").translate(_BLANKED).split()  # as bytes: ten times as fast
    times = Counter(words)
    capitalised = [word for word in times if b"A" <= word < b"["]
    parts = sample.replace("\n", ". ").replace("? ", ". ").replace("! ", ". ").split(". ")
    sentences = [length for part in parts if (length := len(part)) > 2]
    how_many = sample.count
    counts = (
        len(text),
        how_many("\n"),
        len(sentences),
        max(sentences, default=0),
        len([word for word in words if len(word) > 11]),
        len(words) / len(times) - 1 if times else 0,
        sum([number - 1 for word, number in times.items() if number > 1 and len(word) > 3]),
        len([number for number in times.values() if number > 2]),
        len(capitalised),
        max(sum([times[word] for word in capitalised]) - len(sentences), 0),
        sum([times[word] for word in capitalised if len(word) > 1 and word.isupper()]),
        how_many("'") + how_many("’"),
        how_many('"') + how_many("“"),
        how_many("(") + how_many("["),
        how_many(","),
        how_many(":") + how_many(";"),
        how_many("-"),
        len([word for word in times if b"0" <= word < b":"]),
        sum(map(how_many, "+*/=<>^")),
        sum(map(how_many, "\\_{`|")),
    )
    return tuple([round(value, 4) for value in map(math.log1p, counts)])


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
    return "accented" if accented * 5 > letters else "latin"


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
