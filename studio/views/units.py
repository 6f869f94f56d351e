"""Units: the tree of departments, customers and projects."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from keys.selectors import virtual_key_list
from studio import rows
from studio.forms import UnitForm
from studio.submit import posted, submitted
from studio.units import unit_choices
from tenants import services
from tenants.access import access_unit, may
from tenants.domain import UnitKind
from tenants.errors import Conflict
from tenants.models import Unit
from tenants.selectors import AuditFilter, audit_list, unit_children, unit_list, unit_tree
from tenants.web import ConsoleRequest, tenant_view

MOST_KEYS = 50


@require_safe
@tenant_view("unit.read")
def unit_index(request: ConsoleRequest) -> HttpResponse:
    """The tree, archived units on request."""
    archived = request.GET.get("archived") == "1"
    context = {
        "rows": [rows.unit_line(row) for row in unit_tree(archived=archived)],
        "columns": rows.unit_columns(),
        "archived": archived,
        "may_change": may("unit.change"),
    }
    return render(request, "studio/units/list.html", context)


@require_safe
@tenant_view("unit.read")
def unit_show(request: ConsoleRequest, unit_id: UUID) -> HttpResponse:
    """One unit with what is below it and its latest changes."""
    unit = access_unit(unit_id)
    context = {
        "unit": unit,
        "kind": rows.unit_kind(unit),
        "children": unit_children(unit),
        "parents": unit_list(archived=True).filter(id__in=unit.path[:-1]),
        "keys": virtual_key_list(unit_id=unit.id, status="active")[:MOST_KEYS] if may("key.read") else [],
        "may_issue": may("key.change") and unit.archived_at is None,
        "may_see_usage": may("usage.read"),
        "changes": rows.timeline(audit_list(AuditFilter(object_id=str(unit.id)))[:10], request.tenant.slug)
        if may("audit.read")
        else [],
        "may_change": may("unit.change"),
    }
    return render(request, "studio/units/show.html", context)


@tenant_view("unit.change")
def unit_new(request: ConsoleRequest) -> HttpResponse:
    """Create a unit; `?parent=` preselects its parent."""
    form = UnitForm(posted(request), parents=unit_choices(), initial={"parent": request.GET.get("parent", "")})
    unit = submitted(request, form, _create)
    if unit is None:
        return render(request, "studio/units/form.html", {"form": form, "unit": None})
    messages.success(request, _("Unit %(name)s is there.") % {"name": unit.name})
    return redirect("unit-show", request.tenant.slug, unit.id)


@tenant_view("unit.change")
def unit_edit(request: ConsoleRequest, unit_id: UUID) -> HttpResponse:
    """Rename a unit or change its kind."""
    unit = access_unit(unit_id)
    initial = {"name": unit.name, "kind": unit.kind}
    form = UnitForm(posted(request), parents=[], fixed_parent=True, initial=initial)
    changed = submitted(
        request, form, lambda data: services.unit_change(unit.id, name=data["name"], kind=UnitKind(data["kind"]))
    )
    if changed is None:
        return render(request, "studio/units/form.html", {"form": form, "unit": unit})
    messages.success(request, _("Saved."))
    return redirect("unit-show", request.tenant.slug, unit.id)


@require_POST
@tenant_view("unit.change")
def unit_archive(request: ConsoleRequest, unit_id: UUID) -> HttpResponse:
    """Archive a unit, or bring it back."""
    archived = request.POST.get("archived") == "1"
    try:
        unit = services.unit_archive(unit_id, archived=archived)
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("unit-show", request.tenant.slug, unit_id)
    text = _("%(name)s is archived. You can restore it here.") if archived else _("%(name)s is back.")
    messages.success(request, text % {"name": unit.name})
    return redirect("unit-show", request.tenant.slug, unit.id)


def _create(data: dict[str, Any]) -> Unit:
    parent = UUID(data["parent"]) if data["parent"] else None
    return services.unit_create(name=data["name"], kind=UnitKind(data["kind"]), parent_id=parent)
