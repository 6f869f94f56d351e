"""Icons by name, read once from our own sprite file so that pages can inline them."""

from functools import cache
from html import escape
from pathlib import Path
from xml.etree import ElementTree

SPRITE = Path(__file__).parent / "static" / "studio" / "icons.svg"
_SVG = "{http://www.w3.org/2000/svg}"


@cache
def icons() -> dict[str, str]:
    """Every icon's inner markup by its name."""
    root = ElementTree.parse(SPRITE).getroot()  # noqa: S314  # our own file, shipped beside this one
    return {symbol.attrib["id"]: "".join(map(_shape, symbol)) for symbol in root.iter(f"{_SVG}symbol")}


def icon_svg(name: str, *, label: str = "", extra_class: str = "") -> str:
    """One inline icon: decorative unless a label is given. An unknown name is a programming error."""
    drawing = icons().get(name)
    if drawing is None:
        raise LookupError(f"no icon named {name!r} in {SPRITE.name}")
    classes = f"icon icon-{name} {extra_class}".strip()
    access = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return f'<svg class="{escape(classes)}" viewBox="0 0 16 16" {access}>{drawing}</svg>'


def _shape(element: ElementTree.Element) -> str:
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in element.attrib.items())
    return f"<{element.tag.removeprefix(_SVG)}{attributes}/>"
