"""Every variable that the code reads is in docs/operations.md, and nothing else is."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
APPS = ("config", "tenants", "keys", "connectors", "routing", "workflows", "studio")
READER = re.compile(r"\b(?:env_(?:str|bool|int|port|list|path|secret|url|key)|local_secret)\(\s*\"([A-Z_]+)\"")


def read_variables():
    sources = [path.read_text() for app in APPS for path in (PROJECT / app).rglob("*.py")]
    return {name for source in sources for name in READER.findall(source)}


def documented_variables():
    text = (PROJECT / "docs" / "operations.md").read_text()
    return set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))


def test_every_variable_that_is_read_is_documented():
    assert read_variables() - documented_variables() == set()


def test_every_documented_variable_is_read():
    assert documented_variables() - read_variables() == set()


def test_the_first_page_links_every_document():
    readme = (PROJECT / "README.md").read_text()
    documents = {path.name for path in (PROJECT / "docs").glob("*.md")}
    assert {name for name in documents if f"docs/{name}" not in readme} == set()
