"""What a finished run must show, in the words of the kit. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.conformance.dsl.scenarios import quoted

MISSING = object()


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is over; `tasks` are (type, name, data) of its history."""

    status: str
    output: Any
    error: dict[str, Any] | None
    tasks: list[tuple[str, str, dict[str, Any]]]

    def order(self) -> list[str]:
        """Names of the tasks in the order in which they first appear."""
        return list(dict.fromkeys(name for _, name, _ in self.tasks))

    def last(self) -> str:
        """The task that ended last."""
        return next((name for kind, name, _ in reversed(self.tasks) if kind == "task.completed"), "")

    def of(self, name: str, kind: str) -> dict[str, Any] | None:
        """The last entry of that type of a task."""
        return next((data for one, task, data in reversed(self.tasks) if (one, task) == (kind, name)), None)


def complaint(ended: Ended, words: str, value: Any) -> str:
    """What is wrong with one expectation; empty when it is met."""
    for pattern, check in CHECKS:
        if found := re.fullmatch(pattern, words):
            return "" if check(ended, found, value) else f"{words} {'' if value is None else value}: {_shown(ended)}"
    return f"the step {words!r} is not known"


def _shown(ended: Ended) -> str:
    return f"the run is {ended.status} with {ended.error or ended.output!r}, tasks {', '.join(ended.order())}"


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            return MISSING
        value = value[part]
    return value


def _has_all(ended: Ended, found: "re.Match[str]", _value: Any) -> bool:
    return all(_at(ended.output, path) is not MISSING for path in quoted(found[0]))


def _counts(ended: Ended, found: "re.Match[str]", _value: Any) -> bool:
    items = _at(ended.output, found[1])
    return isinstance(items, list) and len(items) == int(found[2])


def _faulted_with(error: dict[str, Any] | None, value: dict[str, Any]) -> bool:
    return error is not None and {name: error.get(name) for name in value} == value


def _before(ended: Ended, first: str, second: str) -> bool:
    order = ended.order()
    return first in order and second in order and order.index(first) < order.index(second)


Check = Callable[[Ended, "re.Match[str]", Any], bool]
CHECKS: tuple[tuple[str, Check], ...] = (
    (r"the workflow should complete", lambda e, _f, _v: e.status == "completed"),
    (r"the workflow should complete with output", lambda e, _f, v: e.status == "completed" and e.output == v),
    (r"the workflow should fault", lambda e, _f, _v: e.status == "faulted"),
    (r"the workflow should fault with error", lambda e, _f, v: e.status == "faulted" and _faulted_with(e.error, v)),
    (r"the workflow output should have properties .+", _has_all),
    (r"the workflow output should have a '([^']+)' property with value", lambda e, f, v: _at(e.output, f[1]) == v),
    (r"the workflow output should have a '([^']+)' property containing (\d+) items?", _counts),
    (r"(\S+) should run first", lambda e, f, _v: e.order()[:1] == [f[1]]),
    (r"(\S+) should run last", lambda e, f, _v: e.last() == f[1]),
    (r"(\S+) should run before (\S+)", lambda e, f, _v: _before(e, f[1], f[2])),
    (r"(\S+) should run after (\S+)", lambda e, f, _v: _before(e, f[2], f[1])),
    (r"(\S+) should cancel", lambda e, f, _v: e.of(f[1], "task.cancelled") is not None),
    (r"(\S+) should complete", lambda e, f, _v: e.of(f[1], "task.completed") is not None),
    (r"(\S+) should complete with output", lambda e, f, v: (e.of(f[1], "task.completed") or {}).get("output") == v),
    (r"(\S+) should fault", lambda e, f, _v: e.of(f[1], "task.faulted") is not None),
    (
        r"(\S+) should fault with error",
        lambda e, f, v: _faulted_with((e.of(f[1], "task.faulted") or {}).get("error"), v),
    ),
)
