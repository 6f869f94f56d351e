"""Writes of connectors. What is stored has been read by the very code that will use it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.access import access_connector
from connectors.contract import Capability, Json, Spec
from connectors.credentials import KIND
from connectors.domain.document import (
    NAME,
    DocumentFault,
    OperationDocument,
    normalised,
    parse_operations,
)
from connectors.domain.texts import Text
from connectors.errors import InvalidConnector
from connectors.models import Connector, Operation, PermitPool
from connectors.ports import transport
from connectors.registry import UnknownKind, kind
from keys.access import access_credential
from tenants import audit
from tenants.access import require
from tenants.errors import Invalid, NotFound
from tenants.scope import tenant_tx


@dataclass(frozen=True, slots=True)
class Safety:
    """What the core was promised: calls at once, how long it may work on one, how long a caller waits for its turn."""

    max_in_flight: int = 5
    max_server_seconds: float = 30.0
    max_wait_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorConfig:
    """A connector as somebody wants it."""

    name: str
    kind: str
    title: str = ""
    config: Mapping[str, Json] = field(default_factory=dict)
    credential_id: UUID | None = None
    safety: Safety = field(default_factory=Safety)
    operations: list[dict[str, Json]] = field(default_factory=list)


def connector_create(wanted: ConnectorConfig) -> Connector:
    """Create a connector with its operations."""
    with tenant_tx():
        require("connector.change")
        operations = _checked(wanted)
        pool = PermitPool(name=wanted.name)
        connector = Connector(name=wanted.name, kind=wanted.kind, pool=pool)
        _apply(connector, wanted)
        _replace_operations(connector, wanted, operations)
        audit.record("connector.create", connector, _shown(wanted))
    return connector


def connector_change(connector_id: UUID | str, wanted: ConnectorConfig) -> Connector:
    """Make a connector what `wanted` says; name and kind stay. Calls that begin from now on obey it."""
    with tenant_tx():
        require("connector.change")
        connector = access_connector(connector_id, lock=True)
        if (wanted.name, wanted.kind) != (connector.name, connector.kind):
            raise Invalid(errors={"name": [_("Name and kind cannot change. Create another connector.")]})
        before = _shown(connector_config(connector))
        operations = _checked(wanted)
        connector.version += 1
        _apply(connector, wanted)
        _replace_operations(connector, wanted, operations)
        audit.record("connector.change", connector, audit.differences(before, _shown(wanted)))
    return connector


def connector_stop(connector_id: UUID | str) -> Connector:
    """The off switch: no call starts from now on, in any process. Calls in flight end by themselves."""
    return _switch(connector_id, stopped=True)


def connector_start(connector_id: UUID | str) -> Connector:
    """Let calls start again."""
    return _switch(connector_id, stopped=False)


def connector_config(connector: Connector) -> ConnectorConfig:
    """A connector as it stands, to change a part of it."""
    pool = connector.pool
    return ConnectorConfig(
        name=connector.name,
        kind=connector.kind,
        title=connector.title,
        config=connector.config,
        credential_id=connector.credential_id,
        safety=Safety(pool.max_in_flight, pool.max_server_seconds, connector.max_wait_seconds),
        operations=list(
            Operation.objects.filter(connector=connector).order_by("name").values_list("document", flat=True)
        ),
    )


def _switch(connector_id: UUID | str, *, stopped: bool) -> Connector:
    with tenant_tx():
        require("connector.change")
        connector = access_connector(connector_id, lock=True)
        if stopped != bool(connector.stopped_at):
            connector.stopped_at = timezone.now() if stopped else None
            connector.save(update_fields=["stopped_at"])
            audit.record("connector.stop" if stopped else "connector.start", connector)
    return connector


def _checked(wanted: ConnectorConfig) -> tuple[OperationDocument, ...]:
    """The operations, read; everything that is wrong is raised at once."""
    faults: dict[str, str] = {}
    if not NAME.fullmatch(wanted.name):
        faults["name"] = _("Use lower-case letters, digits and _, a letter first.")
    spec = _spec(wanted.kind)
    operations: tuple[OperationDocument, ...] = ()
    faults |= _prefixed("config", spec.check(wanted.config))
    faults |= _address_fault(wanted.config) if not faults else {}
    try:
        operations = parse_operations(wanted.operations)
    except DocumentFault as error:
        faults |= error.errors
    for index, one in enumerate(operations):
        faults |= _prefixed(f"operations.{index}.request", spec.check_operation(one.request))
        faults |= _capability_fault(spec, one, index)
    faults |= _safety_faults(wanted.safety) | _credential_fault(wanted, spec)
    if faults:
        raise InvalidConnector(errors={path: [_shown_text(text)] for path, text in faults.items()})
    return operations


def _shown_text(text: str) -> str:
    """The text in the reader's language; what the pure modules say carries what it was made of."""
    return _(text.msgid) % text.values if isinstance(text, Text) and text.values else _(text)


def _spec(slug: str) -> Spec:
    try:
        return kind(slug)
    except UnknownKind as error:
        raise Invalid(errors={"kind": [str(error)]}) from error


def _address_fault(config: Mapping[str, Json]) -> dict[str, str]:
    reason = transport().check(str(config.get("base_url", "")))
    return {"config.base_url": _("Calls may not go there: %(reason)s.") % {"reason": reason}} if reason else {}


def _capability_fault(spec: Spec, operation: OperationDocument, index: int) -> dict[str, str]:
    asked = {str(operation.effect), operation.idempotency.strategy} - {"none"}
    missing = asked - {one.value for one in spec.capabilities}
    text = _("A connector of this kind cannot do that: %(what)s.")
    return {f"operations.{index}": text % {"what": ", ".join(sorted(missing))}} if missing else {}


def _safety_faults(safety: Safety) -> dict[str, str]:
    limits = {"max_in_flight": (1, 1000), "max_server_seconds": (0.1, 3600), "max_wait_seconds": (0, 600)}
    return {
        f"safety.{name}": _("Must be from %(least)s to %(most)s.") % {"least": least, "most": most}
        for name, (least, most) in limits.items()
        if not least <= getattr(safety, name) <= most
    }


def _credential_fault(wanted: ConnectorConfig, spec: Spec) -> dict[str, str]:
    auth = wanted.config.get("auth")
    needs = isinstance(auth, Mapping) and auth.get("type") != "none"
    if wanted.credential_id is None:
        return {"credential_id": _("Choose a credential: this way to sign in needs one.")} if needs else {}
    if Capability.CREDENTIAL not in spec.capabilities:
        return {"credential_id": _("A connector of this kind takes no credential.")}
    try:
        found = access_credential(wanted.credential_id)
    except NotFound:
        return {"credential_id": _("There is no such credential.")}
    if found.kind != KIND:
        return {
            "credential_id": _("This credential is not for connectors; its kind must be %(kind)s.") % {"kind": KIND}
        }
    return {}


def _apply(connector: Connector, wanted: ConnectorConfig) -> None:
    connector.title, connector.config = wanted.title, dict(wanted.config)
    connector.credential_id, connector.max_wait_seconds = wanted.credential_id, wanted.safety.max_wait_seconds
    pool = connector.pool
    pool.max_in_flight, pool.max_server_seconds = wanted.safety.max_in_flight, wanted.safety.max_server_seconds
    try:
        with transaction.atomic():
            pool.save()
            connector.pool = pool
            connector.save()
    except IntegrityError as error:
        if "name_once" not in str(error):
            raise
        raise Invalid(errors={"name": [_("There is a connector with this name already.")]}) from error


def _replace_operations(connector: Connector, wanted: ConnectorConfig, operations: Iterable[OperationDocument]) -> None:
    """Operations keep their ids by name; those no longer named go. The log of calls names them by text."""
    present = {row.name: row for row in Operation.objects.filter(connector=connector)}
    for parsed, document in zip(operations, normalised(list(wanted.operations)), strict=True):
        row = present.pop(parsed.name, None) or Operation(connector=connector, name=parsed.name)
        row.summary, row.effect, row.document = parsed.summary, parsed.effect, document
        row.save()
    for row in present.values():
        row.delete()


def _shown(config: ConnectorConfig) -> dict[str, Any]:
    """What the audit log says: everything but constant headers, which may be confidential."""
    safety = config.safety
    return {
        "title": config.title,
        "base_url": str(config.config.get("base_url", "")),
        "credential": str(config.credential_id or ""),
        "max_in_flight": safety.max_in_flight,
        "max_server_seconds": safety.max_server_seconds,
        "max_wait_seconds": safety.max_wait_seconds,
        "operations": sorted(str(one.get("name")) for one in config.operations),
    }


def _prefixed(prefix: str, faults: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}.{path}": text for path, text in faults.items()}
