"""Every page of the console in Chromium: policy, accessibility, phone width, weight; both languages, both themes.

`make test` looks at each page in two of the eight ways (English, light, wide; Vietnamese, dark, narrow) and at its
width in four; `make browser` (BROWSER_MATRIX=full) looks at all eight and keeps screenshots.
"""

import gzip
import os
from itertools import product
from pathlib import Path

import pytest

from tests.browser.driver import Theme, Visitor
from tests.browser.pages import ACCOUNT_PAGES, FILES, PAGES, linked
from tests.browser.states import STATES

FULL = os.environ.get("BROWSER_MATRIX") == "full"
SCREENSHOTS = Path(__file__).resolve().parents[2] / "bench/results/screenshots"
WIDTHS, THEMES = (1280, 360), ("light", "dark")
WAYS: dict[str, list[tuple[int, Theme]]] = (
    {language: list(product(WIDTHS, THEMES)) for language in ("en", "vi")}
    if FULL
    else {"en": [(1280, "light")], "vi": [(360, "dark")]}
)
LIST_BYTES = 60_000
NOT_LINKED = {"index", "public-status", "styleguide"}


@pytest.fixture(scope="module")
def site(owner: Visitor) -> dict[str, str]:
    """The address of each page of the demo tenant that the owner can click to."""
    return linked(owner) | {"index": "/", "public-status": "/status/", "styleguide": "/styleguide/"}


def look(visitor: Visitor, name: str, language: str) -> list[str]:
    """Everything that is wrong with the present page in one language."""
    wrong = visitor.faults()
    for width, theme in WAYS[language]:
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
    assert sorted((set(PAGES) | FILES) - NOT_LINKED - set(site)) == []


@pytest.mark.parametrize("name", [*PAGES, *ACCOUNT_PAGES, "api-docs"])
def test_a_page_is_clean_in_every_way_of_looking_at_it(owner: Visitor, site: dict[str, str], name: str) -> None:
    wrong: list[str] = []
    for language in WAYS:
        owner.speak(language)
        owner.open(_address(site, name))
        wrong += look(owner, name, language)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(STATES))
def test_a_state_is_clean_in_every_way_of_looking_at_it(owner: Visitor, site: dict[str, str], name: str) -> None:
    wrong: list[str] = []
    for language in WAYS:
        owner.speak(language)
        STATES[name](owner, site)
        wrong += look(owner, f"state-{name}", language)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [one for one in PAGES if one.endswith("-list")])
def test_a_list_is_light(owner: Visitor, site: dict[str, str], name: str) -> None:
    fetched: list[int] = []
    owner.page.on("response", lambda response: fetched.append(len(gzip.compress(response.body()))))
    owner.open(_address(site, name))
    assert sum(fetched) <= LIST_BYTES


def _address(site: dict[str, str], name: str) -> str:
    from django.urls import reverse

    return site[name] if name in site else reverse(name)
