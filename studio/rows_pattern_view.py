"""Rows of the page of a pattern configuration: what went through it lately, and what its platform makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.pattern_pictures import said
from studio.presenters import Column
from studio.rows_reports import report_view
from workflows.domain.patterns import Pattern
from workflows.domain.plan import Plan
from workflows.platforms.configured import FIT_VERDICTS, own_nodes
from workflows.selectors_traffic import ConfigurationView

KIND_LABELS = {
    "requests": gettext_lazy("Requests"),
    "calls": gettext_lazy("Calls"),
    "runs": gettext_lazy("Runs"),
    "undone": gettext_lazy("Undone"),
    "events": gettext_lazy("Events"),
    "approvals": gettext_lazy("Approvals"),
}


@dataclass(frozen=True, slots=True)
class TrafficLine:
    """What was counted, of which parts."""

    label: str
    parts: str
    count: int
    failed: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A part on the target platform."""

    part: str
    service: str
    verdict: str
    how: str
    limits: str


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """A definition on the target platform."""

    name: str
    service: str
    verdict: str
    counts: str
    url: str


def traffic_lines(view: ConfigurationView) -> list[TrafficLine]:
    """One row for each thing that is counted, however many lines of the drawing show it."""
    found = {}
    for edge, measure in view.measures.items():
        if measure not in found:
            traffic, label = view.traffic[edge], str(KIND_LABELS[measure.kind])
            parts = ", ".join(measure.keys)
            found[measure] = TrafficLine(label, parts, traffic.count, traffic.failed, traffic.last_at)
    return list(found.values())


def traffic_columns() -> list[Column]:
    """Columns of the traffic."""
    return [
        Column(_("What")),
        Column(_("Of")),
        Column(_("24 hours"), numeric=True),
        Column(_("Failed"), numeric=True),
        Column(_("Last"), numeric=True, wide_only=True),
    ]


def verdict_lines(plans: Sequence[Plan], platform: str, urls: Mapping[str, str]) -> list[VerdictLine]:
    """What the target platform makes of each of several definitions; `urls` lead to their reports."""
    found = []
    for plan in plans:
        name, [line] = f"{plan.namespace}/{plan.name}", report_view(plan, platform, tasks=False).platforms
        found.append(VerdictLine(name, line.service, line.verdict, line.counts, urls.get(name, "")))
    return found


def verdict_columns() -> list[Column]:
    """Columns of several definitions on one platform."""
    return [Column(_("Definition")), Column(_("Service")), Column(_("Verdict")), Column(_("Tasks"))]


def service_lines(pattern: Pattern, platform: str) -> list[ServiceLine]:
    """The parts of a pattern that is no definition, on its target platform."""
    found = []
    for node in own_nodes(pattern):
        one = node.services[platform]
        verdict = FIT_VERDICTS[one.fit].value
        found.append(ServiceLine(said(node.label), one.service, verdict, said(one.how), said(one.limits)))
    return found


def service_columns() -> list[Column]:
    """Columns of the parts on a platform."""
    return [Column(_("Part")), Column(_("Service")), Column(_("Verdict")), Column(_("How"))]
