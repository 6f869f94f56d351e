"""docs/routing.md names every rule, reason, strategy and spec field, and what the cache key leaves out."""

from pathlib import Path
from typing import get_args

import pytest

from routing.domain import cache_key, spec, types
from routing.domain.explain import decision_to_dict
from routing.domain.select import decide
from tests.unit.routing.deciding import LARGE, SMALL, request, route, state

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "routing.md").read_text(encoding="utf-8")
SPEC = spec.spec_to_dict(route(SMALL).spec)


@pytest.mark.parametrize(
    "word",
    [
        *get_args(types.RuleId),
        *get_args(types.ReasonCode),
        *spec.STRATEGIES,
        *SPEC,
        *SPEC["difficulty"],
        *cache_key.EXCLUDED,
        *decision_to_dict(decide(request(), route(SMALL, LARGE), state())),
        spec.SpecError.code,
    ],
)
def test_the_page_names_it(word: str) -> None:
    assert f"`{word}`" in TEXT or f'"{word}"' in TEXT
