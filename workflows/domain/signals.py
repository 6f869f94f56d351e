"""What goes into `state.advance` and what comes out of it: signals, outcomes, commands, history.

    signal   something happened: a run was started, an effect answered, a timer is due, an event came, a person decided
    command  something to do once the new state is stored, by whoever stores it; each may be carried out more than once
    entry    a line of the run's history, numbered from 1 without gaps

An `effect` is one performance of a task that reaches outside, named by pointer, iteration and generation; the name and
the key made of it stay the same over retries, only `attempt` counts up. A timer and a listener have a new id each time
they are set. A signal that names something the run no longer waits for changes nothing.

All of it has a JSON form: `to_json(value)` and `from_json(data)`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from workflows.domain.failures import WorkflowError
from workflows.domain.history import FINAL, EntryType, HistoryEntry, RunStatus
from workflows.domain.outcomes import Failed, Outcome, Succeeded, Unknown, Waiting

__all__ = [
    "FINAL", "Abandon", "CancelRequested", "CancelTimer", "Command", "CompensationDecided", "Continue", "Continued",
    "EntryType", "EventArrived", "Failed", "Finish", "HistoryEntry", "Listen", "Outcome", "Perform", "Performed",
    "Publish", "ResumeRequested", "RetryRequested", "RunStatus", "Signal", "StartTimer", "Started", "Succeeded",
    "SuspendRequested", "TimerFired", "Unknown", "Unlisten", "Waiting", "from_json", "to_json",
]  # fmt: skip

Json: TypeAlias = Any


# --- signals ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    input: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    effect: str
    attempt: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    timer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventArrived:
    """`event` is the whole CloudEvent as JSON; it already met the listener's filter."""

    listener: str
    event: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """The answer to `Continue`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequested:
    """Stop; `compensate` undoes what was done, `leave` does not."""

    mode: Literal["compensate", "leave"]
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendRequested:
    """Keep what arrives, do nothing with it until `ResumeRequested`."""

    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRequested:
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRequested:
    """Take a faulted run up again where it failed, under a new generation (so with new keys)."""

    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensationDecided:
    """A person's answer to a compensation that failed: try again, it was done by hand, or leave it undone."""

    effect: str
    decision: Literal["retry", "done", "skip"]
    by: str = ""
    reason: str = ""


Signal: TypeAlias = (
    Started | Performed | TimerFired | EventArrived | Continued | CancelRequested | SuspendRequested | ResumeRequested
    | RetryRequested | CompensationDecided
)  # fmt: skip


# --- commands ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Perform:
    """Call `function`, answer with `Performed(effect, attempt, …)`. The same command may be given again."""

    effect: str
    attempt: int
    pointer: str
    iteration: str
    function: str
    version: str
    arguments: Json
    idempotency_key: str
    deadline_seconds: float
    dispatch: Literal["inline", "task"] = "inline"
    compensating: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandon:
    """Nobody waits for this answer any more: withdraw what was asked (an approval), stop what can be stopped."""

    effect: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTimer:
    timer: str
    due_at: datetime
    purpose: Literal["wait", "timeout", "retry", "run_timeout", "grace"]
    pointer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTimer:
    timer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Send `EventArrived` once for the first event that meets the filter, stored events included.

    `filter` is `{"with": {attribute: literal or "${ condition on that attribute }"}, "correlate": {name: {"from": jq
    on the event, "expect": value}}}`; `expect` is absent where none was given. `variables` are for the conditions.
    """

    listener: str
    pointer: str
    filter: Mapping[str, Json]
    variables: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlisten:
    listener: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """A whole CloudEvent; its id is the same each time this command is given."""

    event: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Continue:
    """There is more to do that waits for nothing: send `Continued` soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """The run has ended. A later `RetryRequested` or `CompensationDecided` may take it up again."""

    status: RunStatus
    output: Json = None
    error: WorkflowError | None = None


Command: TypeAlias = (
    Perform | Abandon | StartTimer | CancelTimer | Listen | Unlisten | Publish | Continue | Finish
)  # fmt: skip


# --- JSON -------------------------------------------------------------------------------------------------------------

_FORMS: Final[Mapping[str, type]] = MappingProxyType(
    {
        form.__name__: form
        for form in (
            Succeeded, Failed, Unknown, Waiting,
            Started, Performed, TimerFired, EventArrived, Continued, CancelRequested, SuspendRequested, ResumeRequested,
            RetryRequested, CompensationDecided,
            Perform, Abandon, StartTimer, CancelTimer, Listen, Unlisten, Publish, Continue, Finish,
            HistoryEntry,
        )
    }
)  # fmt: skip


def to_json(value: Signal | Command | Outcome | HistoryEntry) -> dict[str, Json]:
    """`{"is": "Performed", …}`; times in ISO 8601."""
    content = {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    return {"is": type(value).__name__, **content}


def from_json(data: Mapping[str, Json]) -> Any:
    """What `to_json` was given; ValueError for an unknown form, TypeError for unknown or missing fields."""
    form = _FORMS.get(str(data.get("is")))
    if form is None:
        raise ValueError(f"no signal, command or entry is called {data.get('is')!r}")
    return form(**{name: _parsed(name, item) for name, item in data.items() if name != "is"})


def _plain(value: Any) -> Json:
    if isinstance(value, WorkflowError):
        return value.to_json()
    if isinstance(value, datetime):
        return value.isoformat()
    return to_json(value) if type(value).__name__ in _FORMS else value


def _parsed(name: str, value: Json) -> Any:
    if name == "outcome":
        return from_json(value)
    if name == "error" and value is not None:
        return WorkflowError.from_json(value)
    return datetime.fromisoformat(value) if name in {"at", "due_at"} else value
