"""Writes of pattern configurations: draft, change, start, stop, archive, restore.

Starting makes what is missing and takes the configuration live in one transaction: a start that dies or is refused
leaves the draft as it was. Stopping takes out of service what was made here and nothing else; runs that have begun go
on.
"""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from routing.services import route_archive, route_create, route_restore
from tenants import audit
from tenants.access import require
from tenants.errors import Conflict, Invalid
from tenants.failpoints import failpoint
from tenants.scope import current_scope, tenant_tx
from workflows.access import access_configuration
from workflows.domain.configurations import (
    WORKFLOWS,
    ConfigurationConfig,
    ConfigurationStatus,
    NewRoute,
    PatternSlug,
)
from workflows.domain.plan import Plan
from workflows.domain.starters import Filling, documents
from workflows.models import Definition, PatternConfiguration, PatternParticipant
from workflows.selectors_patterns import plans_of
from workflows.services.definitions import definition_archive, definition_check, definition_publish, definition_restore
from workflows.services.pattern_parts import Parts, check_words, checked_parts, free_handle, handle_fault

MAY_START: Final = (ConfigurationStatus.DRAFT, ConfigurationStatus.STOPPED)


def configuration_create(wanted: ConfigurationConfig) -> PatternConfiguration:
    """Draft a configuration; nothing is made yet."""
    with tenant_tx():
        require("pattern.change")
        parts = checked_parts(wanted)
        label = current_scope().actor.label[:254]
        row = PatternConfiguration(pattern=wanted.pattern, created_by=label, changed_by=label)
        _apply(row, wanted, parts)
        audit.record("pattern.create", row, _shown(configuration_config(row)))
    return row


def configuration_change(configuration_id: UUID | str, wanted: ConfigurationConfig) -> PatternConfiguration:
    """Make a configuration what `wanted` says. A live one takes another name and platform only; the pattern stays."""
    with tenant_tx():
        require("pattern.change")
        row = access_configuration(configuration_id, lock=True)
        before = configuration_config(row)
        _refuse_change(row, before, wanted)
        row.changed_by, row.changed_at = current_scope().actor.label[:254], timezone.now()
        if row.status == ConfigurationStatus.LIVE:
            check_words(wanted)
            row.name, row.platform = wanted.name.strip(), wanted.platform
            _save(row)
        else:
            parts = checked_parts(wanted, own=_own(row))
            row.made = row.made and _points(before) == _points(wanted)
            _apply(row, wanted, parts)
        changes = audit.differences(_shown(before), _shown(configuration_config(row)))
        audit.record("pattern.change", row, changes)
    return row


def configuration_start(configuration_id: UUID | str) -> PatternConfiguration:
    """Take a configuration live: make what is missing, or bring back what stopping took away."""
    with tenant_tx():
        require("pattern.start")
        row = access_configuration(configuration_id, lock=True)
        _refuse_start(row)
        wanted = configuration_config(row)
        parts = checked_parts(replace(wanted, handle=""), own=_own(row))
        if row.made:
            _bring_back(row)
        else:
            _make(row, wanted, parts)
        failpoint("patterns.start.before_live")
        _switch(row, MAY_START, ConfigurationStatus.LIVE, started_at=timezone.now())
        audit.record("pattern.start", row, {"made": row.made} | _shown(configuration_config(row)))
        failpoint("patterns.start.before_commit")
    return row


def configuration_stop(configuration_id: UUID | str) -> PatternConfiguration:
    """Take a configuration out of service: what it made is archived, what it only points at goes on."""
    with tenant_tx():
        require("pattern.start")
        row = access_configuration(configuration_id, lock=True)
        if row.status != ConfigurationStatus.LIVE:
            raise Conflict(_("Only a live configuration can be stopped."))
        _refuse_in_use(row)
        if row.made and row.pattern == PatternSlug.MODEL_ROUTER:
            assert row.route_id is not None
            route_archive(row.route_id)
        elif row.made:
            for one in _definition_ids(row):
                definition_archive(one)
        _switch(row, (ConfigurationStatus.LIVE,), ConfigurationStatus.STOPPED)
        audit.record("pattern.stop", row, {"archived": row.made})
    return row


def configuration_archive(configuration_id: UUID | str) -> PatternConfiguration:
    """Put a configuration out of sight; its name becomes free."""
    with tenant_tx():
        require("pattern.change")
        row = access_configuration(configuration_id, lock=True)
        if row.status == ConfigurationStatus.LIVE:
            raise Conflict(_("Stop it first: it is live."))
        if row.status != ConfigurationStatus.ARCHIVED:
            _switch(row, MAY_START, ConfigurationStatus.ARCHIVED)
            audit.record("pattern.archive", row)
    return row


def configuration_restore(configuration_id: UUID | str) -> PatternConfiguration:
    """Bring an archived configuration back as what it was, a draft or stopped."""
    with tenant_tx():
        require("pattern.change")
        row = access_configuration(configuration_id, lock=True)
        if row.status == ConfigurationStatus.ARCHIVED:
            row.status = ConfigurationStatus.STOPPED if row.started_at else ConfigurationStatus.DRAFT
            _save(row)
            audit.record("pattern.restore", row)
    return row


def configuration_plans(row: PatternConfiguration) -> list[Plan]:
    """The plans of its definitions; of a draft, of those that Start would make. None while its parts are wrong."""
    require("pattern.read")
    if row.pattern not in WORKFLOWS:
        return []
    if not _definition_ids(row):
        try:
            parts = checked_parts(replace(configuration_config(row), handle=""))
        except Invalid:
            return []
        return [definition_check(text).plan for text in documents(PatternSlug(row.pattern), _filling(row, parts))]
    return plans_of(one.definition for one in row.participants.select_related("definition").order_by("position"))


def configuration_config(row: PatternConfiguration) -> ConfigurationConfig:
    """A configuration as it stands, to change a part of it."""
    making: dict[str, Any] = row.making
    new_route = None
    if row.pattern == PatternSlug.MODEL_ROUTER and row.route_id is None and making:
        ids = tuple(UUID(one) for one in making.get("deployment_ids", ()))
        new_route = NewRoute(strategy=making.get("strategy", ""), deployment_ids=ids)
    return ConfigurationConfig(
        name=row.name,
        pattern=row.pattern,
        unit_id=row.unit_id,
        platform=row.platform,
        handle=row.handle,
        route_id=row.route_id,
        new_route=new_route,
        connector_id=row.connector_id,
        operations=dict(row.operations),
        definition_ids=tuple(_definition_ids(row)),
    )


def _apply(row: PatternConfiguration, wanted: ConfigurationConfig, parts: Parts) -> None:
    row.name, row.platform, row.unit = wanted.name.strip(), wanted.platform, parts.unit
    row.route, row.connector = parts.route, parts.connector
    row.operations = {role: one.name for role, one in parts.operations.items()}
    new = wanted.new_route
    row.making = {"strategy": new.strategy, "deployment_ids": [str(one) for one in new.deployment_ids]} if new else {}
    if not row.made:
        row.handle = free_handle(wanted) if _makes(row, parts) else ""
    _save(row)
    _participants(row, parts.definitions)


def _makes(row: PatternConfiguration, parts: Parts) -> bool:
    """Whether starting will make something."""
    return parts.spec is not None or (row.pattern in WORKFLOWS and not parts.definitions)


def _save(row: PatternConfiguration) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "name_once" not in str(error):
            raise
        raise Invalid(errors={"name": [_("This name is in use. Choose a different one.")]}) from error


def _participants(row: PatternConfiguration, definitions: list[Definition]) -> None:
    PatternParticipant.objects.filter(configuration=row).delete()
    for position, definition in enumerate(definitions):
        PatternParticipant.objects.create(configuration=row, definition=definition, position=position)


def _definition_ids(row: PatternConfiguration) -> list[UUID]:
    rows = PatternParticipant.objects.filter(configuration=row).order_by("position")
    return list(rows.values_list("definition_id", flat=True))


def _own(row: PatternConfiguration) -> frozenset[UUID]:
    """What this configuration made, and may therefore find archived."""
    if not row.made:
        return frozenset()
    ids = [row.route_id] if row.pattern == PatternSlug.MODEL_ROUTER else _definition_ids(row)
    return frozenset(one for one in ids if one is not None)


def _refuse_change(row: PatternConfiguration, before: ConfigurationConfig, wanted: ConfigurationConfig) -> None:
    if row.status == ConfigurationStatus.ARCHIVED:
        raise Conflict(_("This configuration is archived. Restore it first."))
    if wanted.pattern != row.pattern:
        raise Invalid(errors={"pattern": [_("The pattern cannot change. Create another configuration.")]})
    if row.status == ConfigurationStatus.LIVE and _apart(before) != _apart(wanted):
        raise Conflict(_("Stop it first: the parts of a live configuration do not change."))


def _refuse_start(row: PatternConfiguration) -> None:
    if row.status == ConfigurationStatus.LIVE:
        raise Conflict(_("It is live already."))
    if row.status == ConfigurationStatus.ARCHIVED:
        raise Conflict(_("This configuration is archived. Restore it first."))


def _refuse_in_use(row: PatternConfiguration) -> None:
    """What others run on is not taken away under them."""
    if not row.made:
        return
    others = PatternConfiguration.objects.filter(status=ConfigurationStatus.LIVE).exclude(pk=row.pk)
    if row.pattern == PatternSlug.MODEL_ROUTER:
        others = others.filter(route_id=row.route_id)
    else:
        others = others.filter(participants__definition_id__in=_definition_ids(row))
    other = others.order_by("id").first()
    if other is not None:
        text = _("“%(name)s” uses what this configuration made. Stop that one first.")
        raise Conflict(text % {"name": other.name}, configuration_id=str(other.pk))


def _bring_back(row: PatternConfiguration) -> None:
    """Bring back what stopping archived, under the name it had."""
    if row.pattern != PatternSlug.MODEL_ROUTER:
        for one in _definition_ids(row):
            definition_restore(one, unit_id=row.unit_id)
        return
    assert row.route_id is not None
    try:
        route_restore(row.route_id)
    except Invalid as error:
        raise Invalid(errors=_as_ours(error)) from error


def _make(row: PatternConfiguration, wanted: ConfigurationConfig, parts: Parts) -> None:
    if not _makes(row, parts):
        return
    pattern = PatternSlug(row.pattern)
    if fault := handle_fault(pattern, row.handle):
        raise Invalid(errors={"handle": [fault]})
    if parts.spec is not None:
        try:
            row.route = route_create(name=row.handle, spec=parts.spec, note=row.name[:300])
        except Invalid as error:
            raise Invalid(errors=_as_ours(error)) from error
    else:
        made = [definition_publish(text, unit_id=row.unit_id) for text in documents(pattern, _filling(row, parts))]
        _participants(row, [version.definition for version in made])
        row.route, row.connector, row.operations = None, None, {}  # the definitions name them from now on
    row.making, row.made = {}, True


def _filling(row: PatternConfiguration, parts: Parts) -> Filling:
    assert parts.route is not None
    assert parts.connector is not None
    return Filling(
        handle=row.handle,
        title=row.name,
        route=parts.route.name,
        connector=parts.connector.name,
        example=_("Is anything unusual here?"),
        operations={role: one.name for role, one in parts.operations.items()},
        schemas={role: one.document.get("input_schema", {}) for role, one in parts.operations.items()},
        answers={role: one.document.get("output_schema", {}) for role, one in parts.operations.items()},
    )


def _as_ours(error: Invalid) -> dict[str, list[str]]:
    """Faults of a route under the names of our fields."""
    found: dict[str, list[str]] = {}
    for path, texts in error.errors.items():
        found.setdefault("handle" if path == "name" else "route_id", []).extend(texts)
    return found


def _switch(
    row: PatternConfiguration, before: tuple[ConfigurationStatus, ...], after: ConfigurationStatus, **changes: Any
) -> None:
    """Change the status if it still is what it was; whoever comes second is told so."""
    now, label = timezone.now(), current_scope().actor.label[:254]
    parts = {name: getattr(row, name) for name in ("route", "connector", "operations", "making", "made")}
    values = {"status": after, "changed_at": now, "changed_by": label, **parts, **changes}
    if not PatternConfiguration.objects.filter(pk=row.pk, status__in=before).update(**values):
        raise Conflict(_("Somebody changed this configuration at the same moment. Reload and try again."))
    for name, value in values.items():
        setattr(row, name, value)


def _apart(config: ConfigurationConfig) -> ConfigurationConfig:
    """Everything but what a live configuration may change."""
    return replace(config, name="", platform="", handle="", operations=dict(config.operations))


def _points(config: ConfigurationConfig) -> tuple[Any, ...]:
    """What decides whether a configuration still points at what it made."""
    return (config.definition_ids, config.route_id if config.pattern == PatternSlug.MODEL_ROUTER else None)


def _shown(config: ConfigurationConfig) -> dict[str, Any]:
    """What the audit log says."""
    return {
        "name": config.name,
        "pattern": config.pattern,
        "platform": config.platform,
        "unit": str(config.unit_id),
        "handle": config.handle,
        "route": str(config.route_id or ""),
        "deployments": [str(one) for one in config.new_route.deployment_ids] if config.new_route else [],
        "connector": str(config.connector_id or ""),
        "operations": dict(config.operations),
        "definitions": [str(one) for one in config.definition_ids],
    }
