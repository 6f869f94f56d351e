"""The API describes a route spec exactly as the parser reads it, and docs/routing-api.md names every address."""

from pathlib import Path
from typing import Any

import pytest
from rest_framework import serializers

from routing.api.fields import CandidateDocument, DifficultyDocument, SpecDocument
from routing.domain.spec import parse_route_spec, spec_to_dict
from routing.urls import urlpatterns

DEPLOYMENT = "019f0000-0000-7000-8000-000000000000"
PARSED = spec_to_dict(parse_route_spec({"strategy": "ordered", "candidates": [{"deployment": DEPLOYMENT}]}))
PAGE = (Path(__file__).resolve().parents[3] / "docs" / "routing-api.md").read_text(encoding="utf-8")


def defaults(document: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    fields = document().fields
    return {name: field.default for name, field in fields.items() if field.default is not serializers.empty}


@pytest.mark.parametrize(
    ("document", "parsed"),
    [
        (SpecDocument, PARSED),
        (CandidateDocument, PARSED["candidates"][0]),
        (DifficultyDocument, PARSED["difficulty"]),
    ],
)
def test_the_document_has_the_fields_and_defaults_of_the_parser(
    document: type[serializers.Serializer[Any]], parsed: dict[str, Any]
) -> None:
    assert set(document().fields) == set(parsed)
    assert defaults(document) == {name: value for name, value in parsed.items() if name in defaults(document)}


@pytest.mark.parametrize("address", sorted(str(entry.pattern) for entry in urlpatterns))
def test_the_page_names_the_address(address: str) -> None:
    plain = address.replace("<uuid:", "{").replace("<int:", "{").replace("<usage_group:", "{").replace(">", "}")
    assert f"`/{plain}`" in PAGE or f" /{plain}" in PAGE
