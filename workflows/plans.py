"""The plan of a definition version. Versions never change, so a worker reads each once."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.utils.translation import gettext as _

from tenants.access import fetch
from tenants.errors import Conflict
from tenants.scope import system_scope, tenant_tx
from workflows.domain.plan import Plan, plan_from_json
from workflows.models import DefinitionVersion


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a run is pinned to."""

    definition_id: UUID
    plan: Plan


@lru_cache(maxsize=256)
def plan_of(tenant_id: UUID, version_id: UUID) -> Pinned:
    """The plan of one version."""
    with tenant_tx(system_scope(tenant_id, "workflow engine")):
        version = fetch(DefinitionVersion, version_id)
        return Pinned(version.definition_id, plan_from_json(version.plan))


def plan_of_version(version: DefinitionVersion) -> Plan:
    """The plan of a version that was read already; Conflict for one of a format that this release does not know."""
    try:
        return plan_from_json(version.plan)
    except (ValueError, KeyError, TypeError) as error:
        text = _("This version was made by another release and cannot be read. Publish it again.")
        raise Conflict(text) from error
