"""Writes of definitions: check a document, publish a version, archive. Versions never change; runs stay pinned."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tenants import audit
from tenants.access import access_unit, require
from tenants.errors import Conflict, Invalid
from tenants.models import Unit
from tenants.scope import current_scope, tenant_tx
from workflows.access import access_definition
from workflows.domain.compiler import compile_document
from workflows.domain.document import Document, load
from workflows.domain.plan import Plan, plan_from_json, plan_to_json, walk
from workflows.models import Definition, DefinitionVersion
from workflows.services.events import subscribe_definition, unsubscribe_definition
from workflows.statuses import DefinitionStatus


@dataclass(frozen=True, slots=True)
class Checked:
    """A document without faults, and the plan made from it."""

    source: str
    document: Document
    plan: Plan

    @property
    def tasks(self) -> int:
        """How many tasks it has, compensations included."""
        return sum(1 for _task in walk(self.plan.block))

    @property
    def digest(self) -> str:
        """SHA-256 of the text as sent."""
        return hashlib.sha256(self.source.encode()).hexdigest()


def definition_check(source: bytes | str) -> Checked:
    """Parse and compile a document; InvalidDefinition names every fault with its place."""
    document = load(source)
    text = source.decode() if isinstance(source, bytes) else source
    return Checked(text, document, compile_document(document))


def definition_publish(source: bytes | str, *, unit_id: UUID | str | None = None) -> DefinitionVersion:
    """Publish a document as the current version of its definition, which is made if it is new.

    The same text under the same version again changes nothing. `unit_id` is who pays for its model calls; without it a
    definition keeps its unit, and a new one gets the tenant's oldest top unit.
    """
    require("definition.change")
    checked = definition_check(source)
    with tenant_tx():
        definition = _definition(checked, unit_id)
        known = DefinitionVersion.objects.filter(definition=definition, version=checked.plan.version).first()
        if known is not None:
            return _same(known, checked)
        version = _publish(definition, checked)
        subscribe_definition(definition, checked.plan)
        audit.record("definition.publish", definition, {"version": version.version, "digest": version.digest})
    return version


def definition_archive(definition_id: UUID | str) -> Definition:
    """Start no more runs of a definition; those it has go on."""
    with tenant_tx():
        require("definition.change")
        definition = access_definition(definition_id, lock=True)
        if definition.status != DefinitionStatus.ARCHIVED:
            definition.status = DefinitionStatus.ARCHIVED
            definition.save(update_fields=["status"])
            unsubscribe_definition(definition)
            audit.record("definition.archive", definition)
    return definition


def definition_restore(definition_id: UUID | str, *, unit_id: UUID | str | None = None) -> Definition:
    """Let an archived definition start runs again, by hand and by its events; `unit_id` is who pays from now on."""
    with tenant_tx():
        require("definition.change")
        definition = access_definition(definition_id, lock=True)
        if definition.status == DefinitionStatus.ACTIVE:
            return definition
        definition.status = DefinitionStatus.ACTIVE
        definition.unit = definition.unit if unit_id is None else _paying(unit_id)
        definition.save(update_fields=["status", "unit"])
        current = DefinitionVersion.objects.get(definition=definition, number=definition.current_number)
        subscribe_definition(definition, plan_from_json(current.plan))
        audit.record("definition.restore", definition)
    return definition


def _definition(checked: Checked, unit_id: UUID | str | None) -> Definition:
    """The definition of the document's name, locked; made if there is none."""
    plan = checked.plan
    names = {"namespace": plan.namespace, "name": plan.name}
    definition: Definition | None = Definition.objects.select_for_update().filter(**names).first()
    if definition is None:
        try:
            with transaction.atomic():
                definition = Definition.objects.create(**names, unit=_paying(unit_id), current_number=0)
        except IntegrityError as error:
            raise Conflict(_("Somebody published this definition at the same moment. Try again.")) from error
    elif unit_id is not None:
        definition.unit = _paying(unit_id)
    return definition


def _paying(unit_id: UUID | str | None) -> Unit | None:
    if unit_id is None:
        found: Unit | None = Unit.objects.filter(parent=None, archived_at=None).order_by("id").first()
        return found
    unit = access_unit(unit_id)
    if unit.archived_at is not None:
        raise Invalid(errors={"unit_id": [_("This unit is archived. Choose another one.")]})
    return unit


def _same(known: DefinitionVersion, checked: Checked) -> DefinitionVersion:
    if known.digest != checked.digest:
        text = _("Version %(version)s is published already, with another text. Give this one another version.")
        raise Conflict(text % {"version": known.version}, version=known.version)
    return known


def _publish(definition: Definition, checked: Checked) -> DefinitionVersion:
    definition.current_number += 1
    definition.status = DefinitionStatus.ACTIVE
    definition.save(update_fields=["current_number", "status", "unit"])
    data: Any = checked.document.data
    version: DefinitionVersion = DefinitionVersion.objects.create(
        definition=definition,
        number=definition.current_number,
        version=checked.plan.version,
        title=checked.plan.title[:300],
        source=checked.source,
        document=data,
        plan=plan_to_json(checked.plan),
        digest=checked.digest,
        created_by=current_scope().actor.label[:254],
    )
    return version
