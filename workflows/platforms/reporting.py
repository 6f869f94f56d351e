"""The portability report: from a plan alone, what each platform makes of each task."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from workflows.domain.plan import Plan
from workflows.platforms.contract import Finding, Platform, PlatformReport, TaskReport
from workflows.platforms.facts import Facts, Located, kind_of, located, plan_facts, task_facts
from workflows.platforms.registry import platform_named, platforms
from workflows.platforms.vocabulary import CODES, LIMITS


def report(plan: Plan, platform: str) -> PlatformReport:
    """What `platform` (a slug) makes of a plan; UnknownPlatform if there is none of that name."""
    [found] = reports(plan, platform)
    return found


def reports(plan: Plan, platform: str = "") -> list[PlatformReport]:
    """The reports of every platform, or of one. What the plan holds is looked up once for all of them."""
    wanted = [platform_named(platform)] if platform else platforms().values()
    tasks, whole = [(place, task_facts(place)) for place in located(plan)], plan_facts(plan)
    return [_report(on, tasks, whole) for on in wanted]


def _report(on: Platform, tasks: Sequence[tuple[Located, Facts]], whole: Facts) -> PlatformReport:
    told = tuple(
        TaskReport(
            pointer=place.task.pointer,
            name=place.task.name,
            kind=kind_of(place.task),
            depth=place.depth,
            findings=tuple(_findings(on, facts)),
        )
        for place, facts in tasks
    )
    return PlatformReport(platform=on, tasks=told, notes=tuple(_findings(on, whole)))


def _findings(on: Platform, facts: Facts) -> Iterator[Finding]:
    for code in facts.codes:
        answer = on.answers[code]
        yield Finding(
            code=code,
            verdict=answer.verdict,
            construct=answer.construct,
            why=answer.why,
            limit=on.limits[answer.limit] if answer.limit else None,
            source=answer.source,
        )
    for code, bound in on.bounds.items():
        limit, found = on.limits[bound.limit], facts.measures.get(bound.measure)
        if found is not None and found > limit.value:
            yield Finding(
                code=code, verdict=bound.verdict, why=bound.why, limit=limit, found=found, source=limit.source
            )


def finding_to_json(finding: Finding, translate: Callable[[str], str] = str) -> dict[str, Any]:
    """What API and command line show of a finding."""
    return {
        "code": finding.code,
        "verdict": finding.verdict.value,
        "title": translate(CODES[finding.code]),
        "construct": finding.construct,
        "how": translate(finding.why) if finding.why else "",
        "limit": _limit_of(finding, translate),
        "source": finding.source.value,
    }


def _limit_of(finding: Finding, translate: Callable[[str], str]) -> dict[str, Any] | None:
    """The limit of a finding with what the plan has of it, if that is known before a run."""
    limit = finding.limit
    if limit is None:
        return None
    return {
        "code": limit.code,
        "title": translate(LIMITS[limit.code][1]),
        "value": limit.value,
        "unit": limit.unit,
        "found": finding.found,
        "source": limit.source.value,
    }


def report_to_json(found: PlatformReport, translate: Callable[[str], str] = str) -> dict[str, Any]:
    """A report as JSON: the reason and limit of each task, and all its findings."""
    return {
        "platform": found.platform.slug,
        "name": translate(found.platform.name),
        "service": found.platform.service,
        "verdict": found.verdict.value,
        "notes": [finding_to_json(note, translate) for note in found.notes],
        "tasks": [_task_to_json(task, translate) for task in found.tasks],
    }


def _task_to_json(task: TaskReport, translate: Callable[[str], str]) -> dict[str, Any]:
    touched = task.touched
    return {
        "pointer": task.pointer,
        "name": task.name,
        "kind": task.kind,
        "verdict": task.verdict.value,
        "reason": task.reason,
        "how": translate(task.decisive.why) if task.decisive.why else "",
        "limit": _limit_of(touched, translate) if touched else None,
        "findings": [finding_to_json(one, translate) for one in task.findings],
    }
