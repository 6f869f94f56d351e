"""Charts as stretchable SVG. Words and ticks stand in HTML around them, so that they stay readable on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass

from studio.diagrams.svg import number, tag

WIDTH, HEIGHT = 1000.0, 100.0
FIXED = "non-scaling-stroke"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `text` is its figure in words, `second` a part shown paler, `partial` a period still open."""

    label: str
    value: float
    text: str = ""
    second: float = 0.0
    url: str = ""
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """One curve; the second one of a chart is dashed."""

    name: str
    values: tuple[float | None, ...]


def ceiling(largest: float) -> float:
    """The round figure at which the axis ends: 1, 2, 2.5 or 5 times a power of ten."""
    if largest <= 0:
        return 1.0
    power = 10.0 ** (len(str(int(largest))) - 1 if largest >= 1 else -_leading_zeros(largest) - 1)
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= largest)


def _leading_zeros(value: float) -> int:
    count = 0
    while value < 0.1:
        value, count = value * 10, count + 1
    return count


def bar_chart(bars: Sequence[Bar]) -> str:
    """Bars from left to right, each a link where it has an address."""
    top = ceiling(max((bar.value for bar in bars), default=0))
    slot = WIDTH / max(len(bars), 1)
    shapes = (_bar(bar, index * slot, slot, top) for index, bar in enumerate(bars))
    return _plot(_grid(), *shapes, linked=any(bar.url for bar in bars))


def _bar(bar: Bar, left: float, slot: float, top: float) -> str:
    width = min(slot * 0.72, 60)
    x, height = left + (slot - width) / 2, _rise(bar.value, top)
    shapes = [_block(x, width, 0, height, "bar bar-partial" if bar.partial else "bar")]
    if bar.second:
        second = _rise(bar.second, top)
        shapes = [_block(x, width, 0, height - second, "bar"), _block(x, width, height - second, second, "bar-2")]
    title = tag("title", text=f"{bar.label}: {bar.text or number(bar.value)}")
    reach = tag("rect", x=left, y=0, width=slot, height=HEIGHT, fill="transparent")
    if not bar.url:
        return tag("g", title, reach, *shapes)
    return tag("a", title, reach, *shapes, href=bar.url, aria_label=f"{bar.label}: {bar.text or number(bar.value)}")


def _rise(value: float, top: float) -> float:
    return max(value / top * HEIGHT, 0.8 if value > 0 else 0.0)


def _block(x: float, width: float, base: float, height: float, class_: str) -> str:
    return tag("rect", class_=class_, x=x, y=HEIGHT - base - height, width=width, height=max(height, 0.0))


def line_chart(series: Sequence[Series], *, wash: bool = True) -> str:
    """Up to two curves; a missing value breaks the line."""
    top = ceiling(max((value for one in series for value in one.values if value is not None), default=0))
    return _plot(_grid(), *(_curve(one, index, top, wash=wash) for index, one in enumerate(series)))


def _curve(series: Series, index: int, top: float, *, wash: bool) -> str:
    pieces = _pieces(series.values, top)
    line = " ".join(f"M{' L'.join(f'{number(x)} {number(y)}' for x, y in piece)}" for piece in pieces)
    class_ = "curve" if index == 0 else "curve curve-2"
    shapes = [tag("path", class_=class_, d=line or "M0 0", vector_effect=FIXED)]
    if wash and index == 0 and len(pieces) == 1:
        shapes.insert(0, _wash(pieces[0]))
    if pieces and index == 0:
        shapes.append(_end(*pieces[-1][-1]))
    return "".join(shapes)


def _wash(piece: list[tuple[float, float]]) -> str:
    points = [(piece[0][0], HEIGHT), *piece, (piece[-1][0], HEIGHT)]
    return tag("polygon", class_="wash", points=" ".join(f"{number(x)},{number(y)}" for x, y in points))


def _end(x: float, y: float) -> str:
    """The latest value as a dot: a line of no length, so that stretching leaves it round."""
    return tag("path", class_="end-dot", d=f"M{number(x)} {number(y)}h0", vector_effect=FIXED)


def _pieces(values: Sequence[float | None], top: float) -> list[list[tuple[float, float]]]:
    step = WIDTH / max(len(values) - 1, 1)
    pieces: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((index * step, HEIGHT - value / top * HEIGHT))
    return [piece for piece in pieces if piece]


def sparkline(values: Sequence[float | None]) -> str:
    """A curve without axis, for a tile or a table cell; decorative, the figure stands beside it."""
    known = [value for value in values if value is not None]
    low, span = min(known, default=0.0), (max(known, default=0.0) - min(known, default=0.0)) or 1.0
    scaled = tuple(None if value is None else (value - low) / span * 0.84 + 0.08 for value in values)
    body = _curve(Series("", scaled), 0, 1.0, wash=False)
    return tag("svg", body, class_="spark", viewBox="0 0 1000 100", preserveAspectRatio="none", aria_hidden="true")


def _grid() -> str:
    lines = (tag("path", class_="grid", d=f"M0 {number(y)}H1000", vector_effect=FIXED) for y in (0.0, 50.0))
    axis = tag("path", class_="axis", d="M0 100H1000", vector_effect=FIXED)
    return "".join(lines) + axis


def _plot(*children: str, linked: bool = False) -> str:
    access = {"role": "group"} if linked else {"aria_hidden": "true"}
    return tag("svg", *children, viewBox="0 0 1000 100", preserveAspectRatio="none", class_="plot-area", **access)
