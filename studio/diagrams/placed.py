"""A layout as values: where each box stands, how each line runs, which regions lie below. Both layouts give this."""

from dataclasses import dataclass
from typing import Literal

from studio.diagrams.graph import Box, Line

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """A line with its corners, from source to target, and where its words stand; `brief`: only those of its kind."""

    line: Line
    points: tuple[Point, ...]
    words_at: Point | None
    anchor: Anchor = "start"
    brief: bool = False
    letters: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A zone's rectangle."""

    label: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A layout: where each box stands, how each line runs, how large the whole is."""

    boxes: tuple[tuple[Box, float, float], ...]
    lines: tuple[Routed, ...]
    regions: tuple[Region, ...]
    width: float
    height: float
    box_width: float
    box_height: float
