"""The words of portability: everything a plan may hold that a platform has to answer for, and every kind of limit.

The codes are stable: they stand in the API. Adding one means an answer from every platform, or none of them loads.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def _(text: str) -> str:
    """Mark for translation."""
    return text


# each kind of task; a call that asks a person is a kind of its own
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "do": _("Tasks one after the other"),
        "set": _("Sets data"),
        "call": _("Calls a function, a connector or a model"),
        "approval": _("Asks a person"),
        "switch": _("Chooses a way"),
        "try": _("Catches errors"),
        "wait": _("Waits for a time"),
        "listen": _("Waits for an event"),
        "emit": _("Publishes an event"),
        "for": _("Repeats for each item"),
        "fork": _("Branches side by side"),
        "raise": _("Fails on purpose"),
    }
)
# what a task may have besides
TRAITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "early_event": _("An event may come before the task listens"),
        "listen_condition": _("A condition or correlation on the event"),
        "endless_wait": _("Waits without an end"),
        "for_while": _("A loop that may stop early"),
        "fork_compete": _("The first branch wins"),
        "fork_bounded": _("Fewer branches at once than there are"),
        "export_in_branch": _("A branch changes what all share"),
        "try_block": _("Several tasks under one catch"),
        "catch_condition": _("A catch that takes only some errors"),
        "retry": _("Tries again"),
        "retry_block": _("Several tasks are tried again together"),
        "retry_linear": _("Pauses that grow evenly"),
        "retry_jitter": _("Pauses with a random part"),
        "retry_fraction": _("Pauses of a part of a second"),
        "retry_condition": _("A condition on trying again"),
        "retry_total": _("A limit on the time of all attempts"),
        "retry_endless": _("Tries again without a limit"),
        "attempt_timeout": _("A timeout of each attempt"),
        "call_timeout": _("A timeout of the call"),
        "wait_timeout": _("A timeout of the waiting"),
        "block_timeout": _("A timeout around several tasks"),
        "jump": _("Goes on at a named task"),
        "jump_back": _("Goes back to an earlier task"),
        "compensate": _("Is undone, the last started first"),
        "pivot": _("The point of no return"),
        "idempotency_key": _("A key of its own for the effect"),
        "schema": _("Data is checked against a schema"),
        "expression_beyond": _("An expression outside the portable subset"),
        "expression_loop": _("An expression that goes through a list"),
        "name_letters": _("A name of other letters than a-z, digits, - and _"),
    }
)
# what concerns the whole plan
WHOLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "step_gateway": _("Calls reach the step gateway of this installation"),
        "event_bridge": _("Events and decisions come from this installation"),
        "start_event": _("An event starts a run"),
        "start_condition": _("A condition on the event that starts a run"),
        "run_timeout": _("A timeout of the whole run"),
        "run_timeout_undo": _("A timeout of the whole run that undoes"),
        "secrets": _("Secrets by name"),
        "payload": _("The data of a run"),
        "history": _("The length of a run"),
    }
)
# what is measured; each is found when it is greater than the platform's limit
MEASURED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "long_expression": _("A long expression"),
        "long_call": _("A long call"),
        "long_wait": _("A long wait"),
        "long_timer": _("A long timer"),
        "many_branches": _("Many branches"),
        "many_at_once": _("Many branches at once"),
        "deep_fork": _("Branches within branches"),
        "many_assignments": _("Many values in one task"),
        "many_conditions": _("Many ways in one task"),
        "long_name": _("A long name"),
        "long_definition_name": _("A long name of the definition"),
        "large_source": _("A large definition"),
    }
)
CODES: Final[Mapping[str, str]] = MappingProxyType({**KINDS, **TRAITS, **WHOLE, **MEASURED})

# the unit and the words of each limit
LIMITS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "run_seconds": ("seconds", _("longest run")),
        "wait_seconds": ("seconds", _("longest wait")),
        "timer_seconds": ("seconds", _("longest single timer")),
        "default_wait_seconds": ("seconds", _("wait for an event if none is stated")),
        "call_seconds": ("seconds", _("longest call")),
        "result_bytes": ("bytes", _("result of a step")),
        "state_bytes": ("bytes", _("data of a run")),
        "input_bytes": ("bytes", _("input of a run")),
        "source_bytes": ("bytes", _("definition")),
        "steps": ("count", _("steps or history events of a run")),
        "branches": ("count", _("branches of a fork")),
        "branches_at_once": ("count", _("branches at once")),
        "fork_depth": ("count", _("forks within each other")),
        "assignments": ("count", _("values in one task")),
        "conditions": ("count", _("ways in one task")),
        "expression_characters": ("characters", _("expression")),
        "name_characters": ("characters", _("name of a task")),
        "definition_name_characters": ("characters", _("name of a definition")),
    }
)
