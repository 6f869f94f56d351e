"""Templates: all of them compile, none needs what the Content-Security-Policy forbids."""

import re
from pathlib import Path

import pytest
from django.template import engines

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = (PROJECT / "templates", *PROJECT.glob("[a-z]*/templates"))
TEMPLATES = sorted(
    (path.relative_to(folder).as_posix(), path)
    for folder in FOLDERS
    for path in folder.rglob("*")
    if path.suffix in {".html", ".txt"}
)
MARKUP = [(name, path) for name, path in TEMPLATES if path.suffix == ".html" and "email" not in name]
TAG = re.compile(r"<[a-zA-Z][^<>]*>")
LOGIC = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
FORBIDDEN = {
    "a style attribute": re.compile(r"\sstyle\s*="),
    "an event attribute": re.compile(r"\son[a-z]+\s*="),
    "hx-on": re.compile(r"\shx-on[\s:=-]"),
    "a javascript value": re.compile(r"=\s*[\"']?\s*(?:javascript|js):"),
    "an inline style": re.compile(r"^<style\b"),
    "an inline script": re.compile(r"^<script\b(?![^>]*\bsrc=)(?![^>]*application/json)"),
    "a third-party address": re.compile(r"^<(?:script|link|img|iframe)\b[^>]*(?:src|href)=[\"'](?:https?:)?//"),
}
# a request made by htmx; the nonce proves that the element came from a template
REQUEST = re.compile(r"\s(hx-[a-z:-]+)\s*=")


def tags(text):
    return TAG.findall(LOGIC.sub(" ", text))


def violations(text):
    return [(what, tag) for tag in tags(text) for what, pattern in FORBIDDEN.items() if pattern.search(tag)]


def without_nonce(text):
    nonce = 'hx-nonce="{{ request.csp_nonce }}"'
    return [tag for tag in tags(text) if REQUEST.search(tag) and nonce not in tag]


def ids(pairs):
    return [name for name, _ in pairs]


@pytest.mark.parametrize(("name", "path"), TEMPLATES, ids=ids(TEMPLATES))
def test_it_compiles(name, path):
    engines["django"].get_template(name)


@pytest.mark.parametrize(("name", "path"), MARKUP, ids=ids(MARKUP))
def test_it_asks_for_nothing_the_policy_forbids(name, path):
    assert violations(path.read_text()) == []


@pytest.mark.parametrize(("name", "path"), MARKUP, ids=ids(MARKUP))
def test_every_htmx_element_carries_the_nonce(name, path):
    assert without_nonce(path.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        '<p style="color: red">',
        '<a {% if x %}class="a"{% endif %} onclick="go()">',
        '<a href="javascript:go()">',
        "<style>p {}</style>",
        "<script>go()</script>",
        '<script src="//cdn.example/x.js"></script>',
        '<button hx-on:click="go()">',
    ],
)
def test_the_rules_see_what_they_forbid(text):
    assert violations(text)


def test_an_htmx_element_without_nonce_is_seen():
    assert without_nonce('<form method="post" {% if a > b %}class="x"{% endif %} hx-post="/x">')
