"""Templates and style sheets keep to the strict policy and to their budgets."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.urls import reverse

from studio.icons import icon_svg, icons
from studio.navigation import GROUPS

PROJECT = Path(settings.BASE_DIR)
TEMPLATES = sorted((PROJECT / "templates").rglob("*.html"))
STATIC = PROJECT / "studio" / "static" / "studio"
ICON = re.compile(r'{% icon "([\w-]+)"')
TAG = re.compile(r"{%.*?%}", re.DOTALL)
INLINE = re.compile(r"\sstyle=|\son[a-z]+=|\bhx-on|javascript:|<script(?![^>]*\bsrc=)", re.IGNORECASE)
HTMX = re.compile(r"<[^>]*\shx-(?!nonce)[a-z-]+=[^>]*>")


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT / "templates"))


def test_no_template_has_anything_inline() -> None:
    assert [name_of(path) for path in TEMPLATES if INLINE.search(TAG.sub("", path.read_text()))] == []


def test_htmx_elements_carry_the_nonce() -> None:
    elements = [(path, found) for path in TEMPLATES for found in HTMX.findall(path.read_text())]
    assert [(name_of(path), found) for path, found in elements if "hx-nonce" not in found] == []


def test_every_template_compiles() -> None:
    for path in TEMPLATES:
        get_template(name_of(path))


def test_every_icon_named_in_a_template_exists() -> None:
    named = {(name_of(path), icon) for path in TEMPLATES for icon in ICON.findall(path.read_text())}
    assert {(path, icon) for path, icon in named if icon not in icons()} == set()


def test_every_icon_of_the_navigation_exists() -> None:
    assert {item.icon for _, items in GROUPS for item in items} <= set(icons())


def test_the_switches_of_the_frame_have_addresses() -> None:
    assert [reverse(name) for name in ("set_theme", "set_language", "styleguide")] == [
        "/theme/",
        "/i18n/setlang/",
        "/styleguide/",
    ]


def test_an_unknown_icon_is_a_programming_error() -> None:
    with pytest.raises(LookupError, match="no icon named"):
        icon_svg("nope")


def test_an_icon_with_a_label_is_named() -> None:
    assert 'role="img" aria-label="Copy &quot;it&quot;"' in icon_svg("copy", label='Copy "it"')


@pytest.mark.parametrize(
    ("folder", "suffix", "most"),
    [
        ("css", "css", 15_000),
        ("css/studio", "css", 5_000),
        ("simulator", "css", 1_000),
        ("simulator", "js", 1_000),
        ("diagrams", "css", 1_500),
        ("live", "css", 1_500),
        ("js", "js", 12_000),
        ("js/studio", "js", 16_000),
    ],
)
def test_own_files_stay_within_their_budget(folder: str, suffix: str, most: int) -> None:
    together = b"".join(path.read_bytes() for path in sorted((STATIC / folder).glob(f"*.{suffix}")))
    assert len(gzip.compress(together, 9)) <= most


def test_no_third_party_address_in_own_files() -> None:
    own = [*(STATIC / "css").glob("*.css"), *(STATIC / "js").glob("*.js")]
    assert not [path.name for path in own if re.search(r"https?://", path.read_text())]
