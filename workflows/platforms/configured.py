"""The portability report of a pattern configuration: of its definitions, or part by part where it has none.

A model router and an adapter are no workflow: there each part says how close the platform comes to it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from workflows.domain.patterns import Fit, Node, Pattern
from workflows.domain.plan import Plan
from workflows.platforms.contract import Platform, PlatformReport, Verdict
from workflows.platforms.registry import platform_named, platforms
from workflows.platforms.reporting import report_to_json, reports

FIT_VERDICTS: Final[dict[Fit, Verdict]] = {
    "native": Verdict.NATIVE,
    "emulated": Verdict.EMULATED,
    "none": Verdict.REFUSED,
}
PARTS: Final = frozenset({"route", "connector"})


def own_nodes(pattern: Pattern) -> list[Node]:
    """The nodes of a pattern behind which stands a part of a configuration that is no definition."""
    return [node for node in pattern.nodes if node.part in PARTS]


def plan_report_to_json(
    plan: Plan, found: Sequence[PlatformReport], translate: Callable[[str], str] = str
) -> dict[str, Any]:
    """What platforms make of one definition."""
    name = f"{plan.namespace}/{plan.name}@{plan.version}"
    return {"definition": name, "platforms": [report_to_json(one, translate) for one in found]}


def configuration_report_to_json(
    pattern: Pattern, plans: Sequence[Plan], *, platform: str = "", translate: Callable[[str], str], language: str
) -> dict[str, Any]:
    """The report of a configuration: `plans` are those of its definitions, none where the pattern is no workflow."""
    wanted = [platform_named(platform)] if platform else list(platforms().values())
    found = [(plan, reports(plan, platform)) for plan in plans]
    nodes = [] if plans else own_nodes(pattern)
    verdicts = {
        one.slug: [
            *(report.verdict for _plan, told in found for report in told if report.platform.slug == one.slug),
            *(FIT_VERDICTS[node.services[one.slug].fit] for node in nodes),
        ]
        for one in wanted
    }
    return {
        "platforms": [
            {
                "platform": one.slug,
                "name": translate(one.name),
                "verdict": max(verdicts[one.slug], key=lambda verdict: verdict.rank).value,
            }
            for one in wanted
        ],
        "definitions": [plan_report_to_json(plan, told, translate) for plan, told in found],
        "parts": [_part(node, wanted, language) for node in nodes],
    }


def _part(node: Node, wanted: Sequence[Platform], language: str) -> dict[str, Any]:
    services = [(one.slug, node.services[one.slug]) for one in wanted]
    return {
        "part": node.id,
        "title": node.label[language],
        "platforms": [
            {
                "platform": slug,
                "service": service.service,
                "verdict": FIT_VERDICTS[service.fit].value,
                "how": service.how[language],
                "limits": service.limits[language],
            }
            for slug, service in services
        ],
    }
