"""Names for the ids in usage records; one query for each kind of thing, however many ids."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.apps import apps

_MODELS: Final = {
    "route": ("routing", "Route"),
    "deployment": ("routing", "Deployment"),
    "provider": ("routing", "Provider"),
    "unit": ("tenants", "Unit"),
    "key": ("keys", "VirtualKey"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id; what has no name shows as its id, nothing as an empty text."""

    found: Mapping[Any, str]

    def label(self, key: UUID | str | None) -> str:
        """The name to show for `key`."""
        return self.found.get(key, str(key or ""))


def names_of(kind: str, ids: Collection[UUID | str | None]) -> Names:
    """The names of these ids; a model is its own name."""
    wanted = {one for one in ids if one}
    if kind not in _MODELS or not wanted:
        return Names({})
    model: Any = apps.get_model(*_MODELS[kind])  # keys only by name: their tables are not ours
    return Names(dict(model.objects.filter(pk__in=wanted).values_list("pk", "name")))
