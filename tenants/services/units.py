"""Units: departments, customers and projects, in a tree that only grows."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.access import access_unit, require
from tenants.domain import MAX_UNIT_DEPTH, UnitKind
from tenants.errors import Conflict, Invalid, NotFound
from tenants.models import Unit
from tenants.scope import tenant_tx
from tenants.stamp import touch_config


def unit_create(*, name: str, kind: UnitKind, parent_id: UUID | None) -> Unit:
    """Create a unit at the top or below `parent_id`."""
    with tenant_tx():
        require("unit.change")
        parent = _open_parent(parent_id) if parent_id else None
        unit = Unit(name=name, kind=kind, parent=parent)
        unit.path = [*(parent.path if parent else []), unit.id]
        _save_named(unit)
        touch_config()
        audit.record("unit.create", unit, {"kind": str(kind), "parent": str(parent or "")})
    return unit


def unit_change(unit_id: UUID | str, *, name: str, kind: UnitKind) -> Unit:
    """Rename a unit or change its kind; its place in the tree stays, since holds and ledger refer to its path."""
    with tenant_tx():
        require("unit.change")
        unit = access_unit(unit_id, lock=True)
        changes = audit.differences({"name": unit.name, "kind": unit.kind}, {"name": name, "kind": str(kind)})
        unit.name, unit.kind = name, kind
        _save_named(unit)
        touch_config()
        audit.record("unit.change", unit, changes)
    return unit


def unit_archive(unit_id: UUID | str, *, archived: bool) -> Unit:
    """Hide a unit from choices, or bring it back; nothing is deleted, because the ledger refers to it."""
    with tenant_tx():
        require("unit.change")
        unit = access_unit(unit_id, lock=True)
        _check_neighbours(unit, archived=archived)
        unit.archived_at = (unit.archived_at or timezone.now()) if archived else None
        unit.save(update_fields=["archived_at"])
        touch_config()
        audit.record("unit.archive" if archived else "unit.restore", unit)
    return unit


def _open_parent(parent_id: UUID) -> Unit:
    """Lock the parent, so that it is not archived meanwhile; a foreign one is as absent as any other."""
    try:
        parent = access_unit(parent_id, lock=True)
    except NotFound as error:
        raise Invalid(errors={"parent_id": [_("There is no such unit.")]}) from error
    if parent.archived_at:
        raise Invalid(errors={"parent_id": [_("This unit is archived. Restore it first.")]})
    if len(parent.path) >= MAX_UNIT_DEPTH:
        text = _("The tree of units is at most %(depth)d levels deep.") % {"depth": MAX_UNIT_DEPTH}
        raise Invalid(errors={"parent_id": [text]})
    return parent


def _check_neighbours(unit: Unit, *, archived: bool) -> None:
    if archived and Unit.objects.filter(parent=unit, archived_at__isnull=True).exists():
        raise Conflict(_("Archive the units below this one first."))
    if not archived and unit.parent and unit.parent.archived_at:
        raise Conflict(_("Restore the unit above this one first."))


def _save_named(unit: Unit) -> None:
    try:
        with transaction.atomic():
            unit.save()
    except IntegrityError as error:
        raise Invalid(errors={"name": [_("There is a unit with this name here already.")]}) from error
