"""Guarded reads: the permission, then the row of the present tenant; absent and foreign are one 404."""

from uuid import UUID

from django.utils.translation import gettext as _

from tenants.access import fetch, require
from tenants.errors import NotFound
from workflows.models import Definition, DefinitionVersion, Delivery, Event, PatternConfiguration, Run


def access_definition(definition_id: UUID | str, *, lock: bool = False) -> Definition:
    """Return a definition of this tenant."""
    require("definition.read")
    return fetch(Definition, definition_id, lock=lock)


def access_version(definition: Definition, number: int) -> DefinitionVersion:
    """Return one version of a definition."""
    require("definition.read")
    found: DefinitionVersion | None = DefinitionVersion.objects.filter(definition=definition, number=number).first()
    if found is None:
        raise NotFound()
    return found


def access_named_version(reference: str) -> DefinitionVersion:
    """Return the version that `namespace/name` (the current one) or `namespace/name@version` names."""
    require("definition.read")
    path, _at, version = reference.partition("@")
    namespace, _slash, name = path.partition("/")
    definition = Definition.objects.filter(namespace=namespace, name=name).first()
    if definition is None:
        raise NotFound(_("There is no definition %(name)s.") % {"name": path})
    wanted = {"version": version} if version else {"number": definition.current_number}
    found: DefinitionVersion | None = (
        DefinitionVersion.objects.select_related("definition").filter(definition=definition, **wanted).first()
    )
    if found is None:
        raise NotFound(_("%(name)s has no version %(version)s.") % {"name": path, "version": version})
    return found


def access_run(run_id: UUID | str, *, lock: bool = False) -> Run:
    """Return a run of this tenant."""
    require("run.read")
    return fetch(Run, run_id, lock=lock)


def access_event(event_id: UUID | str) -> Event:
    """Return an event of this tenant."""
    require("event.read")
    return fetch(Event, event_id)


def access_delivery(delivery_id: UUID | str, *, lock: bool = False) -> Delivery:
    """Return a delivery of this tenant."""
    require("event.read")
    return fetch(Delivery, delivery_id, lock=lock)


def access_configuration(configuration_id: UUID | str, *, lock: bool = False) -> PatternConfiguration:
    """Return a pattern configuration of this tenant."""
    require("pattern.read")
    return fetch(PatternConfiguration, configuration_id, lock=lock)
