"""Every error code and every header of the gateway is in its page."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "gateway.md").read_text(encoding="utf-8")
SOURCES = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "routing" / "gateway").rglob("*.py"))

CODES = set(re.findall(r'(?:WireError\(\s*\d{3},\s*|_unauthorized\(|code=)"([a-z_]+)"', SOURCES))
HEADERS = set(re.findall(r'b"(x-orchestration-[a-z-]+|x-ratelimit-[a-z]+)', SOURCES)) - {"x-orchestration-cache"}


def test_codes_and_headers_were_found() -> None:
    assert {"invalid_api_key", "accounting_unavailable", "upstream_stream_cut"} <= CODES
    assert "x-orchestration-cost-usd" in HEADERS


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_error_code_is_documented(code: str) -> None:
    assert f"`{code}`" in PAGE


@pytest.mark.parametrize("header", sorted(HEADERS))
def test_every_header_is_documented(header: str) -> None:
    assert header in PAGE
