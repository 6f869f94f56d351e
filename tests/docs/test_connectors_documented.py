"""docs/connectors.md names every code, function, outcome and strategy; every kind has its page."""

from pathlib import Path

import pytest

from connectors.contract import CODES, DataClass, OutcomeKind
from connectors.domain.document import STRATEGIES, VERDICTS
from connectors.mapping.functions import FUNCTIONS
from connectors.registry import kinds

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_documented_with_whether_it_may_be_repeated(code):
    assert f"| `{code}` | {'yes' if CODES[code] else 'no'} |" in PAGE


@pytest.mark.parametrize("word", [*OutcomeKind, *STRATEGIES, *VERDICTS, *DataClass])
def test_every_word_of_a_document_is_explained(word):
    assert f"`{word}`" in PAGE


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_documented(name):
    assert f"`{name}" in PAGE


@pytest.mark.parametrize("slug", kinds())
def test_every_kind_has_a_page_that_is_linked(slug):
    assert f"connectors/kinds/{slug}/README.md" in PAGE
