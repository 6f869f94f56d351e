"""How well a score routes: the curve of quality recovered against strong calls made."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Curve:
    """`apgr`: the mean share of the quality gap recovered over all shares of strong calls (random: 0.5).

    `cpt80`: the smallest share of strong calls that recovers 80 % of the gap (random: about 80 %).
    """

    apgr: float
    cpt80: float


def curve(rows: Iterable[tuple[float, int, int]]) -> Curve:
    """Send prompts to the strong model in falling order of score; each row is (score, weak right, strong right)."""
    ordered = sorted(rows, key=lambda row: -row[0])
    gap = sum(strong - weak for _, weak, strong in ordered)
    recovered, area, reached = 0, 0.0, 1.0
    for position, (_, weak, strong) in enumerate(ordered, start=1):
        before, recovered = recovered, recovered + strong - weak
        area += (before + recovered) / 2
        if recovered >= 0.8 * gap:
            reached = min(reached, position / len(ordered))
    return Curve(area / gap / len(ordered), reached)
