"""Runs as a page watches them. A page stands at `<number of the last line>.<status>` of the run's history."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string

from studio import rows_definitions, rows_runs
from studio.live.feed import Topic
from studio.live.wire import RESYNC, Message, partial
from studio.tables import stackable
from tenants.scope import system_scope, tenant_tx
from workflows import store
from workflows.models import Run
from workflows.selectors import run_outline, run_progress
from workflows.statuses import FINAL

ROWS = 10  # that are sent together
MOST_GROUPS = 12  # when more have changed, the page fetches itself
LINES_AT_ONCE = 1_000
POSITION = re.compile(r"(\d{1,9})\.([a-z_]{1,30})")


def position_of(run: Run) -> str:
    """Where a page that shows this run stands."""
    return f"{run.history_count}.{run.status}"


class RunFeed:
    """Runs of all tenants."""

    def marks(self, topics: Collection[Topic]) -> Mapping[Topic, object]:
        """Number of the last line and status of each run."""
        found = store.marks([(topic.tenant_id, topic.object_id) for topic in topics])
        return {topic: found[topic.object_id] for topic in topics if topic.object_id in found}

    def picture(self, topic: Topic) -> "RunPicture":
        """The run, nothing read yet."""
        return RunPicture(topic)


@dataclass(slots=True)
class RunPicture:
    """A run with its steps as they are now. Lines are read once, whoever watches, and without what was passed."""

    topic: Topic
    run: Run | None = None
    fold: rows_runs.RunFold = field(default_factory=lambda: rows_runs.RunFold(None))
    tasks: list[rows_definitions.TaskLine] = field(default_factory=list)

    @property
    def position(self) -> str:
        return f"{self.fold.number}.{self.run.status}" if self.run else ""

    @property
    def is_over(self) -> bool:
        return self.run is not None and self.run.status in FINAL

    def catch_up(self) -> None:
        """Read the lines behind the last one that is known, and the run as it is with them."""
        with tenant_tx(system_scope(self.topic.tenant_id, "live pages")):
            run = run_progress(self.topic.object_id)
            if self.run is None:
                plan = rows_definitions.plan_of(run.version)
                self.tasks = rows_definitions.task_lines(plan) if plan else []
                self.fold = rows_runs.RunFold(plan)
            while self.fold.number < run.history_count:
                lines = list(run_outline(run.pk, after=self.fold.number)[:LINES_AT_ONCE])
                for line in lines:
                    self.fold.add(line, line.outline)  # type: ignore[attr-defined]  # annotated by the selector
                if not lines:
                    break
        self.run = run

    def messages(self, after: str) -> Sequence[Message]:
        """The parts of the page that differ, the steps that moved, and whether what can be done has changed."""
        assert self.run is not None
        number, status = _read(after)
        steps = [step for step in self.fold.steps.values() if step.latest > number]
        groups = sorted({at // ROWS for at, step in enumerate(self.fold.listed()) if step.latest > number})
        if len(groups) > MOST_GROUPS:
            return [Message(data="-", event=RESYNC), Message(data="-", event="head")]
        named = [Message(data=" ".join(str(step.key) for step in steps), event="steps")] if steps else []
        named += [Message(data="-", event="head")] if status != self.run.status else []
        undoes = any(step.undoes for step in steps) or any(one.latest > number for one in self.fold.undone.values())
        parts = [*self._facts(), *self._rows(groups), *self._drawn(steps), *(self._undone() if undoes else [])]
        return [*named, Message(data="\n".join(parts))]

    def _facts(self) -> list[str]:
        context = run_context(self.run) if self.run else {}
        return [
            partial("run-facts", render_to_string("studio/runs/_facts.html", context)),
            partial("run-notes", render_to_string("studio/runs/_notes.html", context)),
        ]

    def _rows(self, groups: Sequence[int]) -> list[str]:
        listed = self.fold.listed()
        return [partial(f"rows-{at}", step_rows(listed[at * ROWS : (at + 1) * ROWS])) for at in groups]

    def _drawn(self, steps: Sequence[rows_runs.StepLine]) -> list[str]:
        changed = {step.pointer for step in steps}
        parts = rows_definitions.diagram_parts(self.tasks, self.fold.states, changed) if self.tasks else []
        return [partial(_id(part), f"<svg>{part}</svg>", "outerHTML strip:true") for part in parts]

    def _undone(self) -> list[str]:
        return [partial("run-undone", render_to_string("studio/runs/_undone.html", undone_context(self.fold)))]


def run_context(run: Run) -> dict[str, Any]:
    """What the figures and notes at the head of a run are made of."""
    return {
        "run": run,
        "line": rows_runs.run_line(run),
        "error": run.error if isinstance(run.error, dict) else {},
    }


def undone_context(fold: rows_runs.RunFold) -> dict[str, Any]:
    """What was undone and how."""
    return {
        "undone": fold.undo_list(),
        "undo_steps": fold.listed(undoing=True),
        "undo_columns": rows_runs.undo_columns(),
        "step_columns": rows_runs.step_columns(),
    }


def step_rows(steps: Sequence[rows_runs.StepLine]) -> str:
    """Rows of the table of steps, as its template makes them."""
    labels = [str(column.label) for column in rows_runs.step_columns()]
    return stackable(render_to_string("studio/runs/_rows.html", {"steps": steps}), labels)


def row_groups(fold: rows_runs.RunFold, *, live: bool) -> list[tuple[int, list[rows_runs.StepLine]]]:
    """The rows in the groups in which they are sent; a live page has room for all that may come."""
    listed = fold.listed()
    count = rows_runs.MOST_STEPS // ROWS if live else -(-len(listed) // ROWS)
    return [(at, listed[at * ROWS : (at + 1) * ROWS]) for at in range(count)]


def _read(position: str) -> tuple[int, str]:
    """A position of ours; anything else is the beginning."""
    found = POSITION.fullmatch(position)
    return (int(found[1]), found[2]) if found else (0, "")


def _id(group: str) -> str:
    return group.partition('id="')[2].partition('"')[0]
