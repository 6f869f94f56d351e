"""From names and an input to a call that could be sent: everything that needs the database once, nothing of the net."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from connectors import registry
from connectors.access import access_for_call
from connectors.contract import Connector as OpenConnector
from connectors.contract import Effect, Json, NotPerformed
from connectors.credentials import open_secret
from connectors.domain import schemas
from connectors.domain.document import OperationDocument, parse_operation
from connectors.mapping.rules import MappingFault, apply, masked
from connectors.models import Connector
from tenants.scope import tenant_tx

MAX_SHOWN_BYTES = 16_384
KEY_FIELD = "$key"


@dataclass(frozen=True, slots=True)
class Target:
    """An operation of a connector as it stands now, ready to be called."""

    connector: str
    connector_id: UUID
    version: int
    operation: OperationDocument
    opened: OpenConnector
    secret: str
    secret_fault: NotPerformed | None
    server_seconds: float
    max_wait_seconds: float

    @property
    def is_write(self) -> bool:
        return self.operation.effect is Effect.WRITE


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call with its input in both vocabularies. `ends_at` is when the caller stops waiting."""

    target: Target
    input: Mapping[str, Json]
    core: Mapping[str, Json]
    key: str
    digest: bytes
    ends_at: float

    def shown(self) -> dict[str, Json]:
        """Both sides as they may be shown."""
        rules = self.target.operation.to_core
        return bounded({"input": masked(rules, self.input, side="from"), "core": masked(rules, self.core)})


def load_target(connector: str, operation: str) -> Target:
    """Find an operation by its names; NotFound when this tenant has none of them."""
    with tenant_tx():
        row = access_for_call(connector, operation)
        owner = row.connector
        document = parse_operation(row.document)
        secret, fault = _secret(owner)
        return Target(
            connector=owner.name,
            connector_id=owner.id,
            version=owner.version,
            operation=document,
            opened=registry.kind(owner.kind).open(owner.config, {document.name: row.document}),
            secret=secret,
            secret_fault=fault,
            server_seconds=owner.pool.max_server_seconds,
            max_wait_seconds=owner.max_wait_seconds,
        )


def _secret(owner: Connector) -> tuple[str, NotPerformed | None]:
    """The secret, or why it cannot be had: told when the call is made, since earlier calls count all the same."""
    try:
        return open_secret(owner.credential), None
    except NotPerformed as fault:
        return "", fault


def prepare(target: Target, value: Mapping[str, Json], *, key: str, ends_at: float) -> Prepared:
    """Check the input and map it; NotPerformed with `core.invalid_input` names the fields that do not fit."""
    if found := schemas.faults(target.operation.input_schema, value):
        places = "; ".join(f"{path or 'input'}: {texts[0]}" for path, texts in list(found.items())[:5])
        raise NotPerformed("core.invalid_input", places[:300])
    try:
        core = apply(target.operation.to_core, {**value, KEY_FIELD: key})
    except MappingFault as error:
        raise NotPerformed("core.invalid_input", str(error)[:300]) from error
    return Prepared(target, value, core, key, digest_of(value), ends_at)


def digest_of(value: Mapping[str, Json]) -> bytes:
    """What tells one input from another under the same key."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).digest()


def bounded(value: dict[str, Any]) -> dict[str, Any]:
    """The value, or a note in its place when it is too large to be kept for show."""
    size = len(json.dumps(value, ensure_ascii=False))
    return value if size <= MAX_SHOWN_BYTES else {"left_out": f"{size} characters"}
