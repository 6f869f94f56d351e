"""What every page of the console needs: navigation, tenants of the person, the present tenant."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from studio.navigation import ACTIONS, GROUPS, Item
from tenants.domain import allowed
from tenants.identity import tenants_of
from tenants.scope import Scope


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: empty outside a tenant, so that public pages cost no query."""
    tenant = getattr(request, "tenant", None)
    scope = getattr(request, "tenant_scope", None)
    if tenant is None or scope is None:
        return {"tenant": None, "nav": []}
    nav = _navigation(request.path, tenant.slug, scope)
    return {
        "tenant": tenant,
        "nav": nav,
        "palette": [_entry(item, "", tenant.slug) for item in ACTIONS if allowed(scope.actor.roles, item.action)],
        "breadcrumbs": _way_back(request.path, nav),
        "my_tenants": tenants_of(request.user),  # type: ignore[arg-type]  # a scope exists, so a person is signed in
        "my_roles": sorted(scope.actor.roles),
    }


def _navigation(path: str, slug: str, scope: Scope) -> list[dict[str, Any]]:
    groups = []
    for label, items in GROUPS:
        visible = [_entry(item, path, slug) for item in items if allowed(scope.actor.roles, item.action)]
        if visible:
            groups.append({"label": _(label) if label else "", "items": visible})
    return groups


def _way_back(path: str, nav: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Below a page of the navigation, the way back to it."""
    entries = (entry for group in nav for entry in group["items"] if entry["active"] and entry["url"] != path)
    return [{"label": entry["label"], "url": entry["url"]} for entry in entries]


def _entry(item: Item, path: str, slug: str) -> dict[str, Any]:
    url = reverse(item.view, args=[slug])
    active = path == url if item.view == "home" else path.startswith(url)
    return {"label": _(item.label), "url": url, "icon": item.icon, "active": active}
