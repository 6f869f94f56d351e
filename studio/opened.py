"""A configuration opened in the Studio: its own names for the nodes, and what went over the lines in the last day."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from studio import formats
from tenants.access import may
from workflows.domain.configurations import ConfigurationStatus
from workflows.models import PatternConfiguration
from workflows.selectors_patterns import configuration_list
from workflows.selectors_traffic import Traffic, configuration_view


@dataclass(frozen=True, slots=True)
class Opened:
    """What the drawing of a pattern needs of a configuration; `traffic` is there for live ones."""

    configuration: PatternConfiguration
    names: Mapping[str, str]
    traffic: Mapping[str, str]


def configuration_asked(asked: str) -> PatternConfiguration | None:
    """The configuration that an address names; None for one that is not here, for this reader."""
    try:
        wanted = UUID(asked)
    except ValueError:
        return None
    found: PatternConfiguration | None = None
    if may("pattern.read"):
        found = configuration_list(archived=True).filter(pk=wanted).first()
    return found


def opened(row: PatternConfiguration) -> Opened:
    """A configuration, drawn."""
    view = configuration_view(row)
    live = row.status == ConfigurationStatus.LIVE
    traffic = {edge: told(one) for edge, one in view.traffic.items()} if live else {}
    return Opened(row, view.names, traffic)


def told(traffic: Traffic) -> str:
    """A figure on a line: how often, and how often it failed."""
    count = formats.number(traffic.count)
    return _("%(count)s, %(failed)s failed") % {"count": count, "failed": traffic.failed} if traffic.failed else count
