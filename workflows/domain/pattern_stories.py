"""What every story of a pattern must keep to, so that an animation never tells something impossible.

Each beat travels over edges that exist. Work is undone only after something failed, only where it was done, and the
last done first. What began to be active ends as something else. A story that plays by itself ends within five seconds.
"""

from collections.abc import Iterator
from typing import Final

from workflows.domain.faults import Problem, suggestion
from workflows.domain.patterns import Beat, Pattern, Scenario

AUTOPLAY_MILLISECONDS: Final = 4800  # what starts by itself must stop by itself: WCAG 2.2.2
LONGEST_MILLISECONDS: Final = 8000
REACHED: Final = frozenset({"done", "hit", "failed", "active", "waiting"})


def story_problems(pattern: Pattern) -> Iterator[Problem]:
    """What is wrong with the scenarios of a pattern."""
    for scenario in pattern.scenarios:
        yield from _edges(pattern, scenario)
        yield from _undoing(pattern, scenario)
        yield from _end(scenario)


def _edges(pattern: Pattern, scenario: Scenario) -> Iterator[Problem]:
    known = [edge.id for edge in pattern.edges]
    for index, beat in enumerate(scenario.beats):
        for at, edge in enumerate(beat.edges):
            if edge not in known:
                fix, data = suggestion(edge, known)
                path = ("scenarios", scenario.id, "beats", index, "edges", at)
                yield Problem(path=path, text="There is no edge “%(edge)s”.", fix=fix, data={"edge": edge, **data})


def _undoing(pattern: Pattern, scenario: Scenario) -> Iterator[Problem]:
    """Compensation edges and `undone` states: after a failure, of reached nodes, the last reached first."""
    undo = {edge.id: edge.source for edge in pattern.edges if edge.kind == "compensation"}
    reached: list[str] = []
    failed = False
    expected: list[str] = []
    before: Beat | None = None
    for index, beat in enumerate(scenario.beats):
        path = ("scenarios", scenario.id, "beats", index)
        undone = {node for node, state in beat.states.items() if state == "undone"}
        fresh = undone - ({node for node, state in before.states.items() if state == "undone"} if before else set())
        compensated = [undo[edge] for edge in beat.edges if edge in undo]
        if (fresh or compensated) and not failed:
            yield Problem(path=path, text="Something is undone before anything failed.")
        for node in compensated:
            if node not in reached:
                yield Problem(path=path, text="“%(node)s” is undone and was never reached.", data={"node": node})
            elif expected and reached.index(node) > min(reached.index(one) for one in expected):
                yield Problem(
                    path=path, text="“%(node)s” is undone too late: last done, first undone.", data={"node": node}
                )
            expected.append(node)
        failed = failed or "failed" in beat.states.values()
        reached += [node for node, state in beat.states.items() if state in REACHED and node not in reached]
        before = beat


def _end(scenario: Scenario) -> Iterator[Problem]:
    path = ("scenarios", scenario.id, "beats")
    last = scenario.beats[-1].states if scenario.beats else {}
    if "active" in last.values():
        yield Problem(path=(*path, len(scenario.beats) - 1), text="The story ends while something is still active.")
    most = AUTOPLAY_MILLISECONDS if scenario.id == "happy" else LONGEST_MILLISECONDS
    if scenario.milliseconds > most:
        data = {"took": scenario.milliseconds, "most": most}
        yield Problem(path=path, text="The story takes %(took)d ms; at most %(most)d.", data=data)
