"""Figures of a benchmark: printed as a table, kept as JSON under bench/results."""

import json
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def figure(
    name: str,
    value: float | None,
    unit: str,
    *,
    peer: str = "",
    peer_value: float | None = None,
    at_least: float | None = None,
    aim: float | None = None,
    lower_is_better: bool = False,
    absolute: bool = False,
) -> dict[str, object]:
    """One figure. `at_least` is compared with the ratio to the peer, or with the value itself when `absolute`.

    A peer that did not run gives `ratio` null, which counts as not reached.
    """
    ratio = round(value / peer_value, 3) if value is not None and peer_value else None
    return {
        "figure": name,
        "value": None if value is None else round(value, 3),
        "unit": unit,
        "peer": peer,
        "ratio": round(value, 3) if absolute and value is not None else ratio,
        "at_least": at_least,
        "aim": aim,
        "lower_is_better": lower_is_better,
    }


def reached(row: dict[str, object]) -> bool:
    """Whether a figure keeps its promise; one without a promise always does."""
    wanted, ratio = row["at_least"], row["ratio"]
    if wanted is None:
        return True
    if not isinstance(ratio, int | float) or not isinstance(wanted, int | float):
        return False
    return ratio <= wanted if row["lower_is_better"] else ratio >= wanted


def write_figures(name: str, figures: list[dict[str, object]]) -> None:
    """Write the result file; an empty list removes it, so that no old figure survives a failed run."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{name}.json"
    file.unlink(missing_ok=True)
    if figures:
        file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def print_figures(name: str, figures: list[dict[str, object]]) -> int:
    """Print the table; return how many figures missed."""
    sys.stdout.write(f"\n{name}\n{'figure':58}{'value':>12} {'unit':14}{'peer':14}{'ratio':>9}{'wanted':>9}\n")
    for row in figures:
        wanted = "" if row["at_least"] is None else str(row["at_least"])
        mark = "" if reached(row) else "  MISSED"
        ratio = "" if row["ratio"] is None else f"{row['ratio']}"
        line = (
            f"{row['figure']!s:58}{row['value']!s:>12} {row['unit']!s:14}{row['peer']!s:14}{ratio:>9}{wanted:>9}{mark}"
        )
        sys.stdout.write(line + "\n")
    return sum(not reached(row) for row in figures)
