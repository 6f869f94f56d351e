"""Names of sixty letters in the drawing of a pattern, as wide as the browser sets them: they stay in their boxes."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studio.diagrams.graph import Words
from studio.diagrams.patterns import Layout, View, pattern_svg
from workflows.patterns import pattern, patterns

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CSS = Path(__file__).parents[2] / "studio/static/studio"
SHEETS = ("css/tokens.css", "css/base.css", "css/components.css", "diagrams/diagrams.css")
SLUGS = [one.slug for one in patterns()]
LONG = "Bộ điều phối thanh toán liên ngân hàng và đối soát Thưởng Tết"
SOLID = "NGHIỆPVỤƯƠƯƠƯƠĐỐISOÁTQUYẾTTOÁNLIÊNNGÂNHÀNGTHANHTOÁNQUỐCTẾ..."
STICK_OUT = """() => [...document.querySelectorAll("svg [data-node]")].flatMap((node) => {
  const box = node.querySelector(".d-box").getBoundingClientRect();
  return [...node.querySelectorAll(".d-label, .d-second")].filter((text) => {
    const words = text.getBoundingClientRect();
    return words.left < box.left || words.right > box.right || words.top < box.top || words.bottom > box.bottom;
  }).map((text) => `${node.dataset.node}: ${text.textContent}`);
})"""
SHOWN = "[...document.querySelectorAll('svg .d-label')].map((one) => one.querySelector('title')?.textContent ?? '')"


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("name", [LONG, SOLID], ids=["words", "one-word"])
def test_a_long_name_stays_in_its_box_and_is_whole_in_its_title(chromium: "Browser", layout: Layout, name: str) -> None:
    assert len(name) >= 60
    names = [View(language="vi", names={one.id: name for one in pattern(slug).nodes}) for slug in SLUGS]
    drawn = [pattern_svg(pattern(slug), view, Words(), layout=layout) for slug, view in zip(SLUGS, names, strict=True)]
    page = chromium.new_page(viewport={"width": 1280 if layout == "wide" else 360, "height": 900})
    styles = "".join((CSS / sheet).read_text() for sheet in SHEETS)
    page.set_content(f"<!doctype html><html lang=vi><style>{styles}</style><body>{''.join(drawn)}</body></html>")
    assert page.evaluate(STICK_OUT) == []
    assert name in page.evaluate(SHOWN)
    page.close()
