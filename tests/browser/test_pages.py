"""Every page of the console in Chromium: policy, accessibility, phone width, weight; both languages, both themes.

`make browser` (BROWSER_MATRIX=full) looks at each page and state in all eight ways and keeps screenshots. `make test`
takes turns: each in one language, light and wide or dark and narrow, its neighbour in the other ways.
"""

import gzip
import os
import re
from collections.abc import Callable, Sequence
from itertools import groupby, product
from pathlib import Path

import pytest
from django.urls import reverse

from tests.browser.driver import Theme, Visitor
from tests.browser.pages import ACCOUNT_PAGES, FILES, PAGES, linked
from tests.browser.states import STATES

FULL = os.environ.get("BROWSER_MATRIX") == "full"
SCREENSHOTS = Path(__file__).resolve().parents[2] / "bench/results/screenshots"
WIDTHS = (1280, 360)
THEMES: tuple[Theme, Theme] = ("light", "dark")
Way = tuple[str, int, Theme]
ALL: list[Way] = list(product(("en", "vi"), WIDTHS, THEMES))
LIST_BYTES = 60_000  # all that a first visit fetches, gzipped
ASSET = re.compile(r'(?:src|href)="(/static/[^"#]+)')
SHOWN = [*PAGES, *ACCOUNT_PAGES, "api-docs"]
# pages for who is signed out, which the console of a member does not lead to
NOT_LINKED = {"index": "/", "public-status": "/status/", "styleguide": "/styleguide/", "welcome": "/welcome/",
              "review": "/review/", "review-sent": "/review/sent/", "public-studio": "/studio/",
              "public-simulate": "/studio/simulate/", "studio-embed": "/studio/embed/"}  # fmt: skip


@pytest.fixture(scope="module")
def site(owner: Visitor) -> dict[str, str]:
    """The address of each page of the demo tenant that the owner can click to."""
    return linked(owner) | NOT_LINKED


def ways(names: Sequence[str], name: str) -> list[Way]:
    """The ways to look at one of `names`; neighbours take different ones."""
    turn = list(names).index(name)
    language = ("en", "vi")[turn % 2]
    short: list[Way] = [(language, 1280, "light"), (language, 360, "dark")]
    return ALL if FULL else [short[turn // 2 % 2]]


def look(visitor: Visitor, name: str, wanted: Sequence[Way], show: Callable[[], object]) -> list[str]:
    """Everything that is wrong with what `show` brings up, seen in the wanted ways."""
    wrong: list[str] = []
    for language, those in groupby(wanted, key=lambda way: way[0]):
        visitor.speak(language)
        show()
        wrong += visitor.faults()
        for _language, width, theme in those:
            visitor.looks(width, theme)
            wrong += [f"{language} {width} {theme}: {fault}" for fault in visitor.axe()]
            if FULL:
                SCREENSHOTS.mkdir(parents=True, exist_ok=True)
                visitor.page.screenshot(path=SCREENSHOTS / f"{name}-{language}-{width}-{theme}.png", full_page=True)
        for width in WIDTHS:
            visitor.looks(width, "light")
            wrong += [f"{language} {width} sticks out: {what}" for what in visitor.overflow()]
    return wrong


def test_links_lead_to_every_page(site: dict[str, str]) -> None:
    assert sorted((set(PAGES) | FILES) - set(site)) == []


@pytest.mark.parametrize("name", SHOWN)
def test_a_page_is_clean_in_every_way_of_looking_at_it(owner: Visitor, site: dict[str, str], name: str) -> None:
    wrong = look(owner, name, ways(SHOWN, name), lambda: owner.open(_address(site, name)))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(STATES))
def test_a_state_is_clean_in_every_way_of_looking_at_it(owner: Visitor, site: dict[str, str], name: str) -> None:
    wanted = ways(sorted(STATES), name)
    wrong = look(owner, f"state-{name}", wanted, lambda: STATES[name](owner, site))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [one for one in PAGES if one.endswith("-list")])
def test_a_list_is_light(owner: Visitor, site: dict[str, str], name: str) -> None:
    get = owner.context.request.get
    html = get(owner.system.base_url + _address(site, name)).text()
    files = {get(owner.system.base_url + path).body() for path in set(ASSET.findall(html))}
    assert len(files) > 3
    assert sum(len(gzip.compress(body)) for body in [html.encode(), *files]) <= LIST_BYTES


def _address(site: dict[str, str], name: str) -> str:
    return site[name] if name in site else reverse(name)
