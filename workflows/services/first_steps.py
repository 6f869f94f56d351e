"""The workflow of the first steps: published once, run like any other."""

import json
from uuid import UUID

from workflows.domain.starters import starter_text
from workflows.models import DefinitionVersion
from workflows.services.definitions import definition_publish

NAMESPACE = "first-steps"
STARTER = "first-steps"
ROUTE_LINE = "model: assistant"


def first_definition_publish(*, route: str, unit_id: UUID | str | None) -> DefinitionVersion:
    """Publish the starter over a route; what is published already stays as it is."""
    text = starter_text(STARTER).replace(ROUTE_LINE, f"model: {json.dumps(route)}")
    return definition_publish(text, unit_id=unit_id)
