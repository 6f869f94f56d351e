"""Fits the difficulty score and says how good it is: `python -m bench.difficulty.fit [--check] [--results FILE]`.

The target is the gain, whether the strong model was right minus whether the weak one was. A ridge regression on the
features of `routing.domain.difficulty` is solved under two constraints that keep it sane away from exam questions: no
weight is negative, so that every amount in a prompt can only add, and only differences within a label set count, so
that the form of an exam (options, a final `Answer:`) teaches nothing. Same data, same bytes out.
"""

import argparse
import csv
import hashlib
import io
import json
import lzma
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.difficulty.measure import Curve, curve
from bench.difficulty.ridge import Fit, Moments, solve
from routing.domain.difficulty import FEATURES, difficulty_score, parse_weights, prompt_features
from routing.domain.spec import DifficultyBands

HERE: Final = Path(__file__).parent
DATA: Final = HERE / "data" / "labels.csv.xz"
WEIGHTS: Final = HERE.parents[1] / "routing" / "domain" / "difficulty_weights.json"
VERSION: Final = "surface-1"
FOLDS: Final = 5
SPLITS: Final = 4  # into folds; the figures are means over them
KNOTS: Final = 20
SHRINKAGE: Final = 3.0
SETS: Final = ("gsm8k", "mmlu")
LENGTH: Final = "prompt length alone"
SHIPPED: Final = "shipped: one fit for both sets"


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled prompt: its features, and whether either model was right."""

    dataset: str
    subject: str
    folds: tuple[int, ...]
    length: int
    features: tuple[float, ...]
    weak: int
    strong: int

    @property
    def gain(self) -> int:
        return self.strong - self.weak


def load() -> list[Row]:
    """The labels with their features; a row's fold in each split depends on its text alone."""
    text = lzma.decompress(DATA.read_bytes()).decode("utf-8")
    return [_row(each) for each in csv.DictReader(io.StringIO(text, newline=""))]


def _row(each: dict[str, str]) -> Row:
    prompt = _without_exam_form(each["prompt"])
    folds = tuple(byte % FOLDS for byte in hashlib.sha256(each["prompt"].encode()).digest()[:SPLITS])
    weak, strong = int(each["weak_correct"]), int(each["strong_correct"])
    return Row(each["dataset"], each["subject"], folds, len(prompt), prompt_features(prompt), weak, strong)


def _without_exam_form(prompt: str) -> str:
    """The options run on as text: their letters and lines would tell the set, not the difficulty."""
    return re.sub(r"\n[A-D]\. ?", " ", re.sub(r"\nAnswer:\s*$", "", prompt))


def fit(rows: Iterable[Row], *, shrinkage: float = SHRINKAGE, may_be_negative: bool = False) -> Fit:
    """The constrained ridge regression over these rows, differences within each label set only."""
    by_set: dict[str, Moments] = {}
    for row in rows:
        by_set.setdefault(row.dataset, Moments.empty(len(FEATURES))).add(row.features, row.gain)
    return solve(list(by_set.values()), shrinkage=shrinkage, may_be_negative=may_be_negative)


def out_of_fold(
    rows: Sequence[Row],
    key: Callable[[Row], Any],
    train: Callable[[Sequence[Row]], Fit],
    *,
    within: Callable[[Row], Any] = lambda row: None,
) -> list[float]:
    """The score of each row by a fit on the rows of the same `within` that saw none with the same `key`."""
    fits = {}
    for part, group in sorted({(key(row), within(row)) for row in rows}, key=str):
        fits[part] = train([row for row in rows if key(row) != part and within(row) == group])
    return [fits[key(row)].score(row.features) for row in rows]


def evaluate(rows: Sequence[Row], *, only: Sequence[str] = ()) -> dict[str, dict[str, Curve]]:
    """Every way to score (or `only` these), by label set; all but prompt length are out of fold."""
    found = {name: runs(rows) for name, runs in SCORERS.items() if not only or name in only}
    return {name: {each: _mean_curve(rows, runs, each) for each in SETS} for name, runs in found.items()}


def _in_splits(train: Callable[[Sequence[Row]], Fit], *, per_set: bool) -> Callable[[Sequence[Row]], list[list[float]]]:
    """Out-of-fold scores, once for each split; fitted to each label set alone or to both."""

    def own_set(row: Row) -> str | None:
        return row.dataset if per_set else None

    def runs(rows: Sequence[Row]) -> list[list[float]]:
        return [
            out_of_fold(rows, lambda row: (own_set(row), row.folds[split]), train, within=own_set)  # noqa: B023
            for split in range(SPLITS)
        ]

    return runs


def _free(rows: Sequence[Row]) -> Fit:
    return fit(rows, shrinkage=0.3, may_be_negative=True)


SCORERS: Final[dict[str, Callable[[Sequence[Row]], list[list[float]]]]] = {
    LENGTH: lambda rows: [[float(row.length) for row in rows]],
    "fitted per set, weights free": _in_splits(_free, per_set=True),
    "fitted per set": _in_splits(fit, per_set=True),
    SHIPPED: _in_splits(fit, per_set=False),
    "one fit, subject never seen": lambda rows: [out_of_fold(rows, lambda row: row.subject, fit)],
    "one fit, set never seen": lambda rows: [out_of_fold(rows, lambda row: row.dataset, fit)],
}


def _mean_curve(rows: Sequence[Row], runs: Sequence[Sequence[float]], dataset: str) -> Curve:
    curves = [
        curve([(value, row.weak, row.strong) for row, value in zip(rows, run, strict=True) if row.dataset == dataset])
        for run in runs
    ]
    return Curve(sum(each.apgr for each in curves) / len(curves), sum(each.cpt80 for each in curves) / len(curves))


def band_table(rows: Sequence[Row], content: str) -> str:
    """What the default cuts do to the labelled prompts, with the shipped weights (these rows trained them)."""
    weights, bands = parse_weights(json.loads(content)), DifficultyBands()
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(difficulty_score(row.features, "latin", weights, bands).band, []).append(row)
    lines = [f"{'band':8}{'share':>8}{'weak right':>12}{'strong right':>14}"]
    for band in ("easy", "unsure", "hard"):
        part = found.get(band, [])
        weak, strong = (
            sum(values) / max(len(part), 1) for values in zip(*[(r.weak, r.strong) for r in part], strict=True)
        )
        lines.append(f"{band:8}{len(part) / len(rows):8.0%}{weak:12.0%}{strong:14.0%}")
    return "\n".join(lines)


def weights_file(rows: Sequence[Row]) -> str:
    """The weights as the JSON that ships, rounded so that every machine writes the same bytes."""
    found = fit(rows)
    weights = {name: round(weight, 6) for name, weight in zip(FEATURES, found.weights, strict=True)}
    intercept = round(found.intercept, 6)
    raw = sorted(intercept + sum(v * w for v, w in zip(row.features, weights.values(), strict=True)) for row in rows)
    content = {
        "version": VERSION,
        "target": "gain of the strong over the weak model, in shares of right answers",
        "labels_sha256": hashlib.sha256(DATA.read_bytes()).hexdigest(),
        "rows": len(rows),
        "shrinkage": SHRINKAGE,
        "intercept": intercept,
        "weights": weights,
        "knots": [round(raw[min(len(raw) * step // KNOTS, len(raw) - 1)], 6) for step in range(KNOTS + 1)],
    }
    return json.dumps(content, indent=2) + "\n"


def table(found: dict[str, dict[str, Curve]]) -> str:
    """The evaluation as text: APGR (0.5 is random) and the share of strong calls that recovers 80 % of the gap."""
    lines = [f"{'':34}" + "".join(f"{each + ' APGR':>13}{'CPT80':>8}" for each in SETS)]
    lines.append(f"{'random':34}" + f"{0.5:13.3f}{'80%':>8}" * len(SETS))
    for name, by_set in found.items():
        cells = "".join(f"{by_set[each].apgr:13.3f}{by_set[each].cpt80:8.0%}" for each in SETS)
        lines.append(f"{name:34}{cells}")
    return "\n".join(lines)


def results(found: dict[str, dict[str, Curve]]) -> list[dict[str, Any]]:
    """The figures of the shipped score beside prompt length, in the form of the other benchmarks."""
    shipped, length = found[SHIPPED], found[LENGTH]
    rows = []
    for each in SETS:
        ours, peer = shipped[each], length[each]
        figure = {
            "figure": f"difficulty {each} APGR",
            "value": round(ours.apgr, 4),
            "unit": "",
            "peer": "prompt length",
        }
        rows.append({**figure, "ratio": round(ours.apgr / peer.apgr, 4), "at_least": 1.0, "aim": 1.05})
        rows[-1]["lower_is_better"] = False
    return rows


def main() -> int:
    """Print the evaluation and write the weights; with --check write nothing and fail if they would change."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="do not write the weights; fail if they would change")
    parser.add_argument("--results", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    rows = load()
    content = weights_file(rows)
    is_same = WEIGHTS.exists() and WEIGHTS.read_text(encoding="utf-8") == content
    if not options.check:
        WEIGHTS.write_text(content, encoding="utf-8")
    found = evaluate(rows)
    print(table(found), band_table(rows, content), sep="\n\n")
    if options.results:
        options.results.write_text(json.dumps(results(found), indent=1) + "\n", encoding="utf-8")
    print("\nthe weights are", "those checked in" if is_same else "not those checked in")
    return 1 if options.check and not is_same else 0


if __name__ == "__main__":
    sys.exit(main())
