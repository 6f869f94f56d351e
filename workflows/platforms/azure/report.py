"""What Azure Durable Functions makes of a plan: one orchestrator in Python walks it, each effect an activity."""

from collections.abc import Mapping
from typing import Final

from workflows.platforms import phrases
from workflows.platforms.answers import ASSUMED, DOCUMENTED, EMULATED, VERIFIED, emulated, native
from workflows.platforms.contract import Answer, Bound

PLACE: Final = 2
NAME: Final = "Azure"
SERVICE: Final = "Durable Functions"


def _(text: str) -> str:
    """Mark for translation."""
    return text


CHAINED: Final = _("The SDK sets one timer after another.")
RESULT: Final = _("The activity returns the error as data, and generated code decides: its retries know no condition.")

ANSWERS: Final[Mapping[str, Answer]] = {
    "do": native("yield", VERIFIED),
    "set": native("orchestrator", VERIFIED),
    "call": native("call_activity", VERIFIED),
    "approval": native("wait_for_external_event", VERIFIED),
    "switch": native("if", ASSUMED),
    "try": native("try … except", VERIFIED),
    "wait": native("create_timer", VERIFIED),
    "listen": native("wait_for_external_event", VERIFIED),
    "emit": native("call_activity", VERIFIED),
    "for": native("for", ASSUMED),
    "fork": native("task_all", VERIFIED),
    "raise": native("raise", VERIFIED),
    "early_event": native("raise_event", VERIFIED),
    "listen_condition": emulated(phrases.MATCHED_HERE, ASSUMED),
    "endless_wait": native("wait_for_external_event", ASSUMED),
    "for_while": native("for", ASSUMED),
    "fork_compete": emulated(phrases.LOSERS_GO_ON, DOCUMENTED, construct="task_any"),
    "fork_bounded": emulated(phrases.BATCHES, ASSUMED, construct="task_all"),
    "export_in_branch": native("orchestrator", ASSUMED),
    "try_block": native("try … except", VERIFIED),
    "catch_condition": native("except", ASSUMED),
    "retry": native("RetryOptions", VERIFIED),
    "retry_block": emulated(phrases.LOOP, ASSUMED),
    "retry_linear": emulated(phrases.LOOP, ASSUMED),
    "retry_jitter": emulated(phrases.JITTER, ASSUMED),
    "retry_fraction": native("RetryOptions", ASSUMED),
    "retry_condition": emulated(RESULT, VERIFIED),
    "retry_total": emulated(phrases.CLOCK, ASSUMED),
    "retry_endless": emulated(phrases.LOOP, ASSUMED),
    "attempt_timeout": emulated(phrases.RACE, ASSUMED, construct="when_any"),
    "call_timeout": emulated(phrases.RACE, ASSUMED, construct="when_any"),
    "wait_timeout": native("when_any", VERIFIED),
    "block_timeout": emulated(phrases.RACE, ASSUMED, construct="when_any"),
    "jump": native("orchestrator", ASSUMED),
    "jump_back": native("continue_as_new", ASSUMED),
    "compensate": emulated(phrases.UNDO_STACK, VERIFIED),
    "pivot": emulated(phrases.PIVOT, ASSUMED),
    "idempotency_key": native("call_activity", VERIFIED),
    "schema": native("orchestrator", ASSUMED),
    "expression_beyond": emulated(phrases.ACTIVITY_EXPRESSION, ASSUMED),
    "expression_loop": native("orchestrator", ASSUMED),
    "name_letters": native("call_activity", ASSUMED),
    "step_gateway": native("call_activity", VERIFIED),
    "event_bridge": native("raise_event", VERIFIED),
    "start_event": native("Service Bus trigger", DOCUMENTED),
    "start_condition": emulated(phrases.MATCHED_HERE, ASSUMED),
    "run_timeout": emulated(phrases.RACE, ASSUMED, construct="when_any"),
    "run_timeout_undo": emulated(phrases.RACE, ASSUMED, construct="when_any"),
    "secrets": native("Key Vault", ASSUMED),
    "payload": native("Task hub", ASSUMED, limit="result_bytes"),
    "history": native("Task hub", DOCUMENTED),
}

BOUNDS: Final[Mapping[str, Bound]] = {
    "long_timer": Bound(measure="wait", limit="timer_seconds", verdict=EMULATED, why=CHAINED),
    "long_definition_name": Bound(
        measure="definition_name", limit="definition_name_characters", verdict=EMULATED, why=phrases.SHORTENED
    ),
}
