"""Writes of routes. Publishing adds an immutable version and makes it the current one; going back does the same."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from routing.access import access_route, access_route_version
from routing.domain.control import RouteStatus, is_route_name
from routing.domain.spec import RouteSpec, SpecError, parse_route_spec, spec_digest, spec_to_dict
from routing.models import Deployment, Route, RouteVersion
from routing.services.saving import save_named
from tenants import audit
from tenants.access import require
from tenants.errors import Conflict, Invalid
from tenants.scope import current_scope, tenant_tx
from tenants.stamp import touch_config


def parse_spec(source: Any) -> RouteSpec:
    """The spec in `source`, checked against the deployments here; the one parser for API, pages and loaders."""
    spec = parse_route_spec(source)
    wanted = [candidate.deployment_id for candidate in spec.candidates]
    usable = _usable(wanted)
    errors = {
        f"candidates.{index}.deployment": [_("There is no enabled deployment with this id.")]
        for index, deployment_id in enumerate(wanted)
        if deployment_id not in usable
    }
    if errors:
        raise SpecError(errors=errors)
    return spec


def route_create(*, name: str, spec: Any, note: str = "") -> Route:
    """Create a route and publish its first version."""
    with tenant_tx():
        require("route.change")
        if not is_route_name(name):
            text = _("Use letters, digits and . _ : / @ + - (at most 120), beginning with a letter or digit.")
            raise Invalid(errors={"name": [text]})
        parsed = parse_spec(spec)
        route = Route(name=name, current_version=1)
        save_named(route)
        _publish(route, parsed, note=note)
        audit.record("route.create", route, {"spec": spec_to_dict(parsed), "note": note})
    return route


def route_publish(route_id: UUID | str, *, spec: Any, base_version: int | None = None, note: str = "") -> RouteVersion:
    """Publish `spec` as the next version. `base_version` is the one it was made from; Conflict when that is outdated.

    The same spec again changes nothing and returns the current version.
    """
    with tenant_tx():
        require("route.change")
        route = _editable(route_id, base_version)
        current = access_route_version(route, route.current_version)
        parsed = parse_spec(spec)
        if spec_digest(parsed) == current.digest:
            return current
        route.current_version += 1
        version = _publish(route, parsed, note=note)
        audit.record("route.publish", route, _changes(current, version))
    return version


def route_rollback(
    route_id: UUID | str, *, number: int, base_version: int | None = None, note: str = ""
) -> RouteVersion:
    """Publish the spec of an earlier version again, as a new version."""
    with tenant_tx():
        require("route.change")
        route = _editable(route_id, base_version)
        if number == route.current_version:
            raise Conflict(_("Version %(number)d is the current one.") % {"number": number})
        current = access_route_version(route, route.current_version)
        parsed = parse_spec(access_route_version(route, number).spec)
        route.current_version += 1
        version = _publish(route, parsed, note=note, restored_from=number)
        audit.record("route.rollback", route, _changes(current, version) | {"to": number})
    return version


def route_archive(route_id: UUID | str) -> Route:
    """Stop answering for a route; its name becomes free and its usage stays."""
    with tenant_tx():
        require("route.change")
        route = access_route(route_id, lock=True)
        if route.status != RouteStatus.ARCHIVED:
            route.status = RouteStatus.ARCHIVED
            route.save(update_fields=["status"])
            touch_config()
            audit.record("route.archive", route)
    return route


def route_restore(route_id: UUID | str) -> Route:
    """Answer for an archived route again, if its name is free and its deployments are still there."""
    with tenant_tx():
        require("route.change")
        route = access_route(route_id, lock=True)
        if route.status != RouteStatus.ACTIVE:
            parse_spec(access_route_version(route, route.current_version).spec)
            route.status = RouteStatus.ACTIVE
            save_named(route)
            touch_config()
            audit.record("route.restore", route)
    return route


def _editable(route_id: UUID | str, base_version: int | None) -> Route:
    route = access_route(route_id, lock=True)
    if route.status != RouteStatus.ACTIVE:
        raise Conflict(_("This route is archived. Create a new one."))
    if base_version is not None and base_version != route.current_version:
        text = _("Somebody published version %(number)d meanwhile. Compare it with yours and publish again.")
        raise Conflict(text % {"number": route.current_version}, current_version=route.current_version)
    return route


def _publish(route: Route, spec: RouteSpec, *, note: str, restored_from: int | None = None) -> RouteVersion:
    version = RouteVersion(
        route=route,
        number=route.current_version,
        spec=spec_to_dict(spec),
        digest=spec_digest(spec),
        restored_from=restored_from,
        note=note,
        created_by=current_scope().actor.label,
    )
    save_named(version)
    route.save(update_fields=["current_version"])
    touch_config()
    return version


def _changes(before: RouteVersion, after: RouteVersion) -> dict[str, Any]:
    changed = audit.differences(before.spec, after.spec)
    return {"version": [before.number, after.number], **changed, "note": after.note}


def _usable(wanted: list[str]) -> set[str]:
    """Those of `wanted` that are ids of enabled deployments here, in the form in which they were written."""
    ids = {text: parsed for text in wanted if (parsed := _uuid(text)) is not None}
    rows = Deployment.objects.filter(pk__in=ids.values(), enabled=True).order_by("pk")
    enabled = set(rows.select_for_update(no_key=True).values_list("pk", flat=True))  # against archiving meanwhile
    return {text for text, parsed in ids.items() if parsed in enabled}


def _uuid(text: str) -> UUID | None:
    """The id, only in its canonical form: the gateway compares texts."""
    try:
        parsed = UUID(text)
    except ValueError:
        return None
    return parsed if str(parsed) == text else None
