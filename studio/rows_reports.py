"""Rows of a portability report: the platforms, and the tasks of a plan with a cell for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio import formats
from studio.presenters import Column
from studio.templatetags.ui import badge
from workflows.domain.faults import nearest
from workflows.domain.plan import Plan
from workflows.platforms.contract import Finding, PlatformReport, Source, TaskReport, Verdict
from workflows.platforms.registry import platforms
from workflows.platforms.reporting import report, reports
from workflows.platforms.vocabulary import CODES, LIMITS

DAY = 86_400
SIZES = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One thing that was looked at, in words."""

    code: str
    verdict: str
    title: str
    how: str
    construct: str
    limit: str
    source: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A task on a platform; `look` and `body` are markup, made once for all cells that say the same."""

    platform: str
    verdict: str
    findings: tuple[FindingLine, ...]
    look: SafeString
    body: SafeString


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task on every platform shown."""

    name: str
    pointer: str
    depth: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class PlatformLine:
    """A platform: its verdict, how many tasks have which, and what concerns the whole."""

    slug: str
    name: str
    service: str
    verdict: str
    counts: str
    notes: tuple[FindingLine, ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """What `studio/definitions/_report.html` shows."""

    platforms: tuple[PlatformLine, ...]
    rows: tuple[TaskRow, ...]
    columns: tuple[Column, ...]
    platform_columns: tuple[Column, ...]


def report_view(plan: Plan, platform: str = "", *, tasks: bool = True) -> ReportView:
    """The report of a plan on every platform, or on one; without `tasks` of the platforms alone."""
    found, told = reports(plan, platform), _Told()
    rows = zip(*(one.tasks for one in found), strict=True) if tasks else ()
    return ReportView(
        platforms=tuple(_platform(one) for one in found),
        rows=tuple(_row(row, told) for row in rows),
        columns=(Column(_("Task")), *(Column(_(one.platform.name)) for one in found)),
        platform_columns=(Column(_("Platform")), Column(_("Verdict")), Column(_("Tasks")), Column(_("What it needs"))),
    )


@dataclass(frozen=True, slots=True)
class Switched:
    """A platform in the Studio: what it makes of the workflow behind a pattern; `made_up` names what is not native."""

    platform: str
    active: bool
    verdict: str
    counts: str
    made_up: tuple[str, ...]


def switched(plans: Sequence[Plan], active: str) -> list[Switched]:
    """All platforms, for the switch of the Studio; nothing for a pattern without a workflow."""
    return [_switched(slug, [report(plan, slug) for plan in plans], active) for slug in platforms()] if plans else []


def _switched(slug: str, found: Sequence[PlatformReport], active: str) -> Switched:
    worst = max((one.verdict for one in found), key=lambda one: one.rank)
    tasks = [task for one in found for task in one.tasks]
    codes = dict.fromkeys(one.code for task in tasks for one in task.findings if one.verdict != Verdict.NATIVE)
    counts = {verdict: sum(one.count(verdict) for one in found) for verdict in Verdict}
    return Switched(slug, slug == active, worst.value, _counts(counts), tuple(_(CODES[code]) for code in codes))


def chosen_platform(wanted: str) -> tuple[str, str]:
    """The platform that an address asks for, or all; and what it may have meant if there is none of that name."""
    if not wanted or wanted in platforms():
        return wanted, ""
    return "", nearest(wanted, platforms()) or next(iter(platforms()))


def platform_tabs(chosen: str) -> list[dict[str, object]]:
    """All platforms, and each by itself."""
    shown = [("", _("All platforms")), *((one.slug, _(one.name)) for one in platforms().values())]
    return [
        {"label": name, "url": f"?platform={slug}" if slug else "?", "active": slug == chosen} for slug, name in shown
    ]


def amount(value: float, unit: str) -> str:
    """A figure in its unit, as people read it."""
    if unit == "bytes":
        size, name = next(((size, name) for size, name in SIZES if value >= size), (1, "B"))
        return f"{formats.number(value / size, 0 if value % size == 0 else 1)} {name}"
    if unit == "seconds":
        days = int(value // DAY)
        if value % DAY == 0 and days > 1:
            return ngettext("%(count)s day", "%(count)s days", days) % {"count": formats.number(days)}
        return formats.duration(value * 1_000)
    if unit == "characters":
        return ngettext("%(count)s character", "%(count)s characters", int(value)) % {"count": formats.number(value)}
    return formats.number(value)


def _platform(found: PlatformReport) -> PlatformLine:
    counts = {verdict: found.count(verdict) for verdict in Verdict}
    return PlatformLine(
        slug=found.platform.slug,
        name=_(found.platform.name),
        service=found.platform.service,
        verdict=found.verdict.value,
        counts=_counts(counts),
        notes=tuple(_finding(note) for note in found.notes),
    )


def _counts(counts: Mapping[Verdict, int]) -> str:
    words = {
        Verdict.NATIVE: _("%(count)s native"),
        Verdict.EMULATED: _("%(count)s emulated"),
        Verdict.REFUSED: _("%(count)s refused"),
    }
    return " · ".join(words[one] % {"count": formats.number(counts[one])} for one in Verdict if counts[one])


class _Told:
    """Findings in words and markup; many tasks have the same."""

    def __init__(self) -> None:
        self._looks = {verdict: badge(verdict.value) for verdict in Verdict}
        self._known: dict[tuple[Finding, ...], tuple[tuple[FindingLine, ...], SafeString]] = {}

    def cell(self, task: TaskReport, platform: str) -> Cell:
        """The findings of a task, worst first."""
        worst_first = tuple(sorted(task.findings, key=lambda one: -one.verdict.rank))
        if worst_first not in self._known:
            lines = tuple(_finding(one) for one in worst_first)
            self._known[worst_first] = lines, render_to_string("studio/definitions/_findings.html", {"findings": lines})
        lines, body = self._known[worst_first]
        return Cell(platform, task.verdict.value, lines, self._looks[task.verdict], body)


def _row(tasks: Sequence[TaskReport], told: _Told) -> TaskRow:
    first, known = tasks[0], list(platforms().values())
    shown = known if len(tasks) == len(known) else [None]
    return TaskRow(
        name=first.name,
        pointer=first.pointer,
        depth=min(first.depth, 8),
        cells=tuple(told.cell(task, _(one.name) if one else "") for task, one in zip(tasks, shown, strict=True)),
    )


def _finding(found: Finding) -> FindingLine:
    sources = {
        Source.VERIFIED: _("ran on a test engine"),
        Source.DOCUMENTED: _("vendor's documentation"),
        Source.ASSUMED: _("to be checked"),
    }
    return FindingLine(
        code=found.code,
        verdict=found.verdict.value,
        title=_(CODES[found.code]),
        how=_(found.why) if found.why else "",
        construct=found.construct,
        limit=_limit(found),
        source=sources[found.source],
    )


def _limit(found: Finding) -> str:
    if found.limit is None:
        return ""
    words, most = _(LIMITS[found.limit.code][1]), amount(found.limit.value, found.limit.unit)
    if found.found is None:
        return _("%(what)s: at most %(most)s") % {"what": words, "most": most}
    here = amount(found.found, found.limit.unit)
    return _("%(what)s: %(here)s, at most %(most)s") % {"what": words, "here": here, "most": most}
