"""Rows of the pages of pattern configurations: the list, and the parts of one in words with links."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from studio.presenters import Column
from studio.terms import PATTERN_NAMES, PLATFORM_LABELS, STRATEGY_NAMES
from workflows.domain.configurations import PatternSlug
from workflows.models import PatternConfiguration

MOST_NAMES = 2
Address = Callable[..., str]


@dataclass(frozen=True, slots=True)
class ConfigurationLine:
    """A configuration in the list."""

    id: UUID
    name: str
    pattern: str
    parts: str
    platform: str
    status: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part: what it is for, its name, and where it leads."""

    label: str
    text: str
    url: str = ""
    note: str = ""


def configuration_line(row: PatternConfiguration) -> ConfigurationLine:
    """Row of the list."""
    return ConfigurationLine(
        id=row.id,
        name=row.name,
        pattern=pattern_name(row.pattern),
        parts=" ".join(_names(row)),
        platform=str(PLATFORM_LABELS[row.platform]),
        status=row.status,
        changed_at=row.changed_at,
    )


def configuration_columns() -> list[Column]:
    """Columns of the list."""
    return [
        Column(_("Name")),
        Column(_("Pattern")),
        Column(_("Parts"), wide_only=True),
        Column(_("Platform"), wide_only=True),
        Column(_("State")),
        Column(_("Changed"), numeric=True, wide_only=True),
    ]


def pattern_name(slug: str) -> str:
    """What a pattern is called."""
    return str(PATTERN_NAMES[slug])


def part_lines(row: PatternConfiguration, at: Address, operation_ids: dict[str, UUID]) -> list[PartLine]:
    """The parts of a configuration; `at` makes addresses of pages."""
    lines = [
        PartLine(_("Definition"), str(one.definition), at("definition-show", one.definition_id), _made_here(row))
        for one in row.participants.all()
    ]
    if row.route is not None:
        label = _("Route") if row.pattern == PatternSlug.MODEL_ROUTER else _("Route for AI")
        lines.append(PartLine(label, row.route.name, at("route-show", row.route_id), _made_here(row)))
    if row.connector is not None:
        lines.append(PartLine(_("Connector"), str(row.connector), at("connector-show", row.connector_id)))
        lines += [
            PartLine(
                _("Operation"),
                name,
                at("operation-show", row.connector_id, operation_ids[name]) if name in operation_ids else "",
                _role(role),
            )
            for role, name in row.operations.items()
        ]
    return [*lines, *_to_make(row)]


def stop_text(row: PatternConfiguration) -> str:
    """What stopping this one means."""
    if not row.made:
        texts = {
            PatternSlug.MODEL_ROUTER: _("The route was there before and goes on answering. Only this page stops."),
            PatternSlug.ADAPTER: _("The connector goes on. Only calling it from this page stops."),
        }
        other = _("The definitions were there before and go on: by hand, by the API, by events. Only this page stops.")
        return texts.get(PatternSlug(row.pattern), other)
    if row.pattern == PatternSlug.MODEL_ROUTER:
        return _("The route it made is archived: clients that ask for it get 404. Starting brings it back.")
    return _("The definitions it made are archived: nothing starts them any more. Runs that have begun go on.")


def _names(row: PatternConfiguration) -> list[str]:
    found = [str(one.definition) for one in row.participants.all()]
    found += [row.route.name] if row.route else []
    if row.connector is not None:
        found += [f"{row.connector.name}.{name}" for name in row.operations.values()]
    if len(found) > MOST_NAMES:
        found = [found[0], f"+{len(found) - 1}"]
    return found or ([row.handle] if row.handle else [])


def _made_here(row: PatternConfiguration) -> str:
    return _("made by Start") if row.made else ""


def _role(role: str) -> str:
    words = {"reserve": _("reserves"), "undo": _("undoes"), "book": _("books")}
    return words.get(role, "")


def _to_make(row: PatternConfiguration) -> list[PartLine]:
    """What Start will make."""
    if not row.handle or row.made:
        return []
    if row.making:
        count, strategy = len(row.making["deployment_ids"]), STRATEGY_NAMES[row.making["strategy"]]
        note = _("will be made by Start: deployments %(count)d, %(strategy)s") % {"count": count, "strategy": strategy}
        return [PartLine(_("Route"), row.handle, note=note)]
    return [PartLine(_("Definition"), f"patterns/{row.handle}", note=_("will be made by Start, from the starter"))]
