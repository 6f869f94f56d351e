"""THIRD_PARTY.md lists every vendored file with its hash."""

import hashlib
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `([^`]+)` \| .+ \| .+ \| `([0-9a-f]{64})` \|$", re.MULTILINE)
LISTED = dict(ROW.findall((PROJECT / "THIRD_PARTY.md").read_text()))


def test_listed_files_have_the_listed_hash():
    assert {name: hashlib.sha256((PROJECT / name).read_bytes()).hexdigest() for name in LISTED} == LISTED


def test_every_vendored_file_is_listed():
    vendored = {
        str(path.relative_to(PROJECT))
        for folder in PROJECT.glob("[a-z]*/**/vendor")
        for path in folder.rglob("*")
        if path.is_file() and path.name != "VERSION"
    }
    assert vendored - LISTED.keys() == set()
