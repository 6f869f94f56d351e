"""What an address narrows a page to (`?route_id=…`), read from it and said in words with a way out."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from routing.selectors.names import names_of
from studio.templatetags.ui import short_id
from tenants.access import may

KINDS = {"route_id": "route", "deployment_id": "deployment", "virtual_key_id": "key", "unit_id": "unit"}
VIEWS = {
    "route_id": "route-show",
    "deployment_id": "deployment-show",
    "virtual_key_id": "key-show",
    "unit_id": "unit-show",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that a page is narrowed to; `clear_url` is the same page without it."""

    label: str
    name: str
    url: str
    clear_url: str


def narrowed_ids(request: HttpRequest, *wanted: str) -> dict[str, UUID | None]:
    """The ids in the address; what is no id is left out."""
    return {name: _uuid(request.GET.get(name, "")) for name in wanted or KINDS}


def chips(request: HttpRequest, slug: str, ids: Mapping[str, UUID | None]) -> list[Chip]:
    """The ids in words."""
    return [_chip(request, slug, name, id_) for name, id_ in ids.items() if id_ is not None]


def run_chip(request: HttpRequest, slug: str, run_id: UUID) -> Chip:
    """The run that a page is narrowed to; those who may not see runs get no link."""
    url = reverse("run-show", args=[slug, run_id]) if may("run.read") else ""
    return Chip(_("Run"), short_id(run_id), url, query_without(request, "run_id"))


def query_without(request: HttpRequest, *names: str) -> str:
    """The query of the address without some of it."""
    query = request.GET.copy()
    for name in (*names, "cursor"):
        query.pop(name, None)
    return f"?{query.urlencode()}"


def _chip(request: HttpRequest, slug: str, name: str, id_: UUID) -> Chip:
    labels = {"route": _("Route"), "deployment": _("Deployment"), "key": _("Key"), "unit": _("Unit")}
    kind = KINDS[name]
    text = names_of(kind, {id_}).label(id_)
    return Chip(labels[kind], text, reverse(VIEWS[name], args=[slug, id_]), query_without(request, name))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
