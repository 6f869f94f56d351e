"""A change of a run that is being collected until it is recorded: several steps of thought, one commit. Pure.

Commands that undo each other before anybody saw them cancel out: a timer that was started and ended in the same turn is
never written.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from workflows.domain import signals
from workflows.domain.expressions import unwrapped

MOST_CHARACTERS: Final = 300
MOST_ID_CHARACTERS: Final = 200


@dataclass(slots=True, kw_only=True)
class Change:
    """What the next record will write. `after` is the number of the last history line it builds on."""

    after: int
    state: dict[str, Any] | None = None
    status: str = ""
    history: list[dict[str, Any]] = field(default_factory=list)
    timers: dict[str, str] = field(default_factory=dict)
    ended_timers: list[str] = field(default_factory=list)
    listeners: dict[str, dict[str, Any]] = field(default_factory=dict)
    ended_listeners: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    finish: signals.Finish | None = None
    consumed: int = 0
    progress: bool = False
    release: bool = False
    again: bool = False

    def add(self, commands: Iterable[signals.Command]) -> None:
        """Take in what has to be written of these commands; performing is for the engine."""
        for command in commands:
            match command:
                case signals.StartTimer():
                    self.timers[command.timer] = command.due_at.isoformat()
                case signals.CancelTimer(timer=timer):
                    _withdraw(timer, self.timers, self.ended_timers)
                case signals.Listen():
                    self.listeners[command.listener] = listening(command)
                case signals.Unlisten(listener=listener):
                    _withdraw(listener, self.listeners, self.ended_listeners)
                case signals.Publish(event=event):
                    self.events.append(stored_event(event))
                case signals.Finish():
                    self.finish = command

    def is_worth_a_commit(self) -> bool:
        """Whether there is anything that must survive this worker."""
        return bool(self.history or self.timers or self.ended_timers or self.listeners or self.events or self.finish)

    def to_json(self) -> dict[str, Any]:
        """The form that `workflows_record` reads."""
        data: dict[str, Any] = {"after": self.after, "consumed": self.consumed}
        parts = {
            "state": self.state,
            "status": self.status,
            "history": self.history,
            "timers": [{"name": name, "due_at": due_at} for name, due_at in self.timers.items()],
            "untimers": self.ended_timers,
            "listen": list(self.listeners.values()),
            "unlisten": self.ended_listeners,
            "publish": self.events,
            "progress": self.progress,
            "release": self.release,
            "again": self.again,
        }
        data |= {name: value for name, value in parts.items() if value}
        return data | (_finish(self.finish) if self.finish else {})


def stored_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """A CloudEvent that a run emits, in the form that is stored: attributes as text apart from the data.

    What a definition makes of its attributes is cut to fit; a long id keeps being an id by its digest.
    """
    given = {name: value for name, value in event.items() if name not in {"data", "data_base64"} and value is not None}
    attributes = {name: attribute_text(value)[:MOST_CHARACTERS] for name, value in given.items()}
    whole_id = attribute_text(given.get("id", ""))
    if len(whole_id) > MOST_ID_CHARACTERS:
        attributes["id"] = hashlib.sha256(whole_id.encode()).hexdigest()
    attributes = {"id": "", "source": "", "type": ""} | attributes
    return {"attributes": attributes, "data": event.get("data"), "data_base64": event.get("data_base64", "")}


def cloud_event(attributes: Mapping[str, Any], data: Any, data_base64: str = "") -> dict[str, Any]:
    """The whole event out of its stored form."""
    return dict(attributes) | ({"data_base64": data_base64} if data_base64 else {"data": data})


def attribute_text(value: Any) -> str:
    """A context attribute as text, as CloudEvents' canonical strings have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def storable(value: Any) -> Any:
    """The value without what PostgreSQL's JSON cannot hold: U+0000, halves of characters, NaN and infinity."""
    if isinstance(value, str):
        text = value.replace("\0", "\ufffd")
        return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {storable(name): storable(item) for name, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list | tuple) else value


def is_expression(value: Any) -> bool:
    """Whether a template is wholly a jq expression."""
    return isinstance(value, str) and unwrapped(value) is not None


def filter_parts(with_: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """A filter as (attributes to compare in the database, conditions to look at on delivery)."""
    literal = {name: value for name, value in with_.items() if name != "data" and not is_expression(value)}
    conditions = {name: value for name, value in with_.items() if name not in literal}
    return {name: attribute_text(value) for name, value in literal.items()}, conditions


def listening(command: signals.Listen) -> dict[str, Any]:
    """A listener in the form that is stored."""
    attributes, conditions = filter_parts(command.filter.get("with", {}))
    if conditions:
        conditions = {"with": conditions, "variables": dict(command.variables)}
    correlations = dict(command.filter.get("correlate") or {})
    return {
        "listener": command.listener,
        "attributes": attributes,
        "conditions": conditions,
        "correlations": correlations,
    }


def _withdraw(name: str, begun: dict[str, Any], ended: list[str]) -> None:
    """Forget what was begun in this change; end what was begun before. A name set anew is ended and begun again."""
    begun.pop(name, None)
    ended.append(name)


def _finish(finish: signals.Finish) -> dict[str, Any]:
    error = finish.error.to_json() if finish.error else None
    return {"final": True, "status": finish.status, "output": finish.output, "error": error}
