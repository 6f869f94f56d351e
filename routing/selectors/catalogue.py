"""The price catalogue as a list to choose from."""

from dataclasses import dataclass

from routing.catalog import PriceEntry, catalogue, price_for
from routing.domain.providers import KINDS
from tenants.access import require


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """A model that the catalogue knows at a kind of provider."""

    kind: str
    entry: PriceEntry


def model_list(*, kind: str, search: str = "") -> list[CatalogueRow]:
    """Models of a kind by name; `search` is part of the name, or all of one that only a pattern covers."""
    require("deployment.read")
    found = {row.entry.model: row for row in _listed(kind) if search.lower() in row.entry.model.lower()}
    if search and search not in found and (entry := price_for(kind, search)) is not None:
        found[search] = CatalogueRow(kind, entry)
    return [found[name] for name in sorted(found)]


def _listed(kind: str) -> list[CatalogueRow]:
    known = catalogue()
    provider = KINDS[kind].price_provider if kind in KINDS else ""
    names = {model for of, model in known.bundled if provider and of == provider}
    names |= {model for of, model in known.own.models if of in (kind, "*")}
    entries = ((name, price_for(kind, name)) for name in names)
    return [CatalogueRow(kind, entry) for _, entry in entries if entry is not None]
