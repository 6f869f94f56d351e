"""What a pattern configuration is made of: its pattern, the platform it is meant for, its parts by role. Pure.

Roles name the operations of a connector that a pattern calls: an adapter has one, a saga three.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

MAX_NAME: Final = 120
MAX_HANDLE: Final = 120
MAX_MADE_HANDLE: Final = 40
MAX_PARTICIPANTS: Final = 20
HANDLE: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


class PatternSlug(StrEnum):
    """The five patterns."""

    ORCHESTRATOR = "orchestrator"
    MODEL_ROUTER = "model-router"
    ADAPTER = "adapter"
    SAGA = "saga"
    CHOREOGRAPHY = "choreography"


class PlatformSlug(StrEnum):
    """Where a configuration is meant to run one day; here it runs in any case."""

    CLOUDFLARE = "cloudflare"
    AZURE = "azure"
    AWS = "aws"
    GCP = "gcp"
    ONPREM = "onprem"


class ConfigurationStatus(StrEnum):
    """A draft is nothing but a wish; live ones carry traffic; archived ones are out of sight."""

    DRAFT = "draft"
    LIVE = "live"
    STOPPED = "stopped"
    ARCHIVED = "archived"


# the operations of the connector that each pattern calls, by their role
ROLES: Final[Mapping[PatternSlug, tuple[str, ...]]] = {
    PatternSlug.ORCHESTRATOR: ("call",),
    PatternSlug.MODEL_ROUTER: (),
    PatternSlug.ADAPTER: ("call",),
    PatternSlug.SAGA: ("reserve", "undo", "book"),
    PatternSlug.CHOREOGRAPHY: ("call",),
}
# patterns that are a definition, or several
WORKFLOWS: Final = frozenset({PatternSlug.ORCHESTRATOR, PatternSlug.SAGA, PatternSlug.CHOREOGRAPHY})
STRATEGIES: Final = ("cheapest", "fastest", "balanced", "ordered")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoute:
    """A route that Start makes."""

    strategy: str = "cheapest"
    deployment_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationConfig:
    """A pattern configuration as somebody wants it.

    Parts that exist are named by id. Without `definition_ids` a workflow pattern is made from its starter document,
    with route, connector and operations filled in; without `route_id` a model router is made of `new_route`. What is
    made new is called `handle`.
    """

    name: str
    pattern: str
    unit_id: UUID
    platform: str = PlatformSlug.CLOUDFLARE
    handle: str = ""
    route_id: UUID | None = None
    new_route: NewRoute | None = None
    connector_id: UUID | None = None
    operations: Mapping[str, str] = field(default_factory=dict)
    definition_ids: tuple[UUID, ...] = ()


def handle_of(text: str, fallback: str) -> str:
    """A short name of lower-case letters, digits and `-` for what a configuration makes, out of its name."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("đ", "d"))
    made = re.sub(r"[^a-z0-9]+", "-", "".join(sign for sign in plain if not unicodedata.combining(sign)))
    return made.strip("-")[:MAX_MADE_HANDLE].strip("-") or fallback


def is_handle(text: str) -> bool:
    """Whether definitions may be called that."""
    return len(text) <= MAX_MADE_HANDLE and HANDLE.fullmatch(text) is not None


# words in the names of operations that tell what they are for
HINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "reserve": ("reserve", "hold", "block", "authorise", "authorize", "create", "open"),
    "undo": ("release", "cancel", "undo", "void", "revoke", "reverse", "delete"),
    "book": ("book", "confirm", "capture", "commit", "post", "settle", "pay"),
}


def guessed_operations(pattern: PatternSlug, effects: Mapping[str, str]) -> dict[str, str]:
    """The operations to begin with, by role; `effects` says of each operation whether it reads or writes."""
    if pattern is not PatternSlug.SAGA:
        reads = [name for name, effect in effects.items() if effect == "read"]
        first = next(iter([*reads, *effects]), "")
        return dict.fromkeys(ROLES[pattern], first) if first else {}
    writes = [name for name, effect in effects.items() if effect == "write"]
    found: dict[str, str] = {}
    for role in ROLES[pattern]:
        left = [name for name in writes if name not in found.values()]
        hinted = (name for hint in HINTS[role] for name in left if hint in name.lower())
        found[role] = next(hinted, "")
    return {role: name for role, name in found.items() if name}
