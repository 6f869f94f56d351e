"""docs/portability.md holds every code with each platform's verdict and how it is known, and every limit."""

import re
from pathlib import Path

import pytest

from workflows.platforms.contract import Verdict
from workflows.platforms.registry import platforms
from workflows.platforms.vocabulary import CODES, LIMITS, MEASURED

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "portability.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in PAGE.splitlines()
    if line.startswith("| `") and len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 7
}


def cell(code: str, slug: str) -> str:
    """What the page has to say of a code on a platform: a verdict and how it is known, `v` `d` or `a`."""
    platform = platforms()[slug]
    if code not in MEASURED:
        answer = platform.answers[code]
        return f"{answer.verdict} {answer.source.value[0]}"
    bound = platform.bounds.get(code)
    return f"{bound.verdict} over `{bound.limit}`" if bound else "–"


def limit(code: str, slug: str) -> str:
    known = platforms()[slug].limits.get(code)
    return f"{known.value} {known.source.value[0]}" if known else "–"


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_documented(code: str):
    assert ROWS[code][1:] == [cell(code, slug) for slug in platforms()]


@pytest.mark.parametrize("code", LIMITS)
def test_every_limit_is_documented(code: str):
    assert ROWS[code][1:] == [limit(code, slug) for slug in platforms()]


def test_nothing_else_is_documented():
    assert ROWS.keys() == {*CODES, *LIMITS}


def test_every_verdict_and_platform_is_named():
    assert [word for word in (*Verdict, *platforms()) if not re.search(rf"`{word}`", PAGE)] == []
