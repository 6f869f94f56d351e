"""The line language: solid call, thin reply, event dashed 6-4, undo dashed 2-4 running back, a token on the line.

The product mark, empty states, error pages and the sign-in picture are drawn with it; run graphs will be.
"""

from typing import Literal

from studio.diagrams.svg import number, tag

Wire = Literal["call", "reply", "event", "undo"]


def wire(kind: Wire, d: str, *, lit: bool = False, off: bool = False) -> str:
    """One line along a path."""
    return tag("path", class_=f"w-{kind}{' w-lit' if lit else ''}{' w-off' if off else ''}", d=d)


def node(x: float, y: float, radius: float = 7, *, lit: bool = False, off: bool = False) -> str:
    """A terminal."""
    return tag("circle", class_=f"w-node{' w-lit' if lit else ''}{' w-off' if off else ''}", cx=x, cy=y, r=radius)


def box(x: float, y: float, width: float, height: float, *, lit: bool = False, off: bool = False) -> str:
    """A system."""
    class_ = f"w-node{' w-lit' if lit else ''}{' w-off' if off else ''}"
    return tag("rect", class_=class_, x=x, y=y, width=width, height=height, rx=3)


def token(d: str, *, forever: bool = False) -> str:
    """A dot travelling along the path; a stroke of no length, moved by its dash offset (no style attribute needed)."""
    return tag("path", class_=f"w-token{' w-token-forever' if forever else ''}", d=d, pathLength="100")


def dot(x: float, y: float, radius: float = 4) -> str:
    """A token at rest."""
    return tag("circle", class_="w-dot", cx=x, cy=y, r=radius)


def tip(x: float, y: float, *, back: bool = False, lit: bool = False) -> str:
    """An arrow head pointing right, or back."""
    reach = 7 if back else -7
    points = f"{number(x)},{number(y)} {number(x + reach)},{number(y - 4)} {number(x + reach)},{number(y + 4)}"
    return tag("polygon", class_="w-tip w-lit" if lit else "w-tip", points=points)
