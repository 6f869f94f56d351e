"""What Temporal on own machines makes of a plan: one workflow in Python walks it, each effect an activity."""

from collections.abc import Mapping
from typing import Final

from workflows.platforms import phrases
from workflows.platforms.answers import ASSUMED, DOCUMENTED, EMULATED, VERIFIED, emulated, native
from workflows.platforms.contract import Answer, Bound


def _(text: str) -> str:
    """Mark for translation."""
    return text


PLACE: Final = 5
NAME: Final = _("On-premise")
SERVICE: Final = "Temporal"

ANSWERS: Final[Mapping[str, Answer]] = {
    "do": native("await", VERIFIED),
    "set": native("@workflow.run", VERIFIED),
    "call": native("execute_activity", VERIFIED, limit="result_bytes"),
    "approval": native("@workflow.signal", VERIFIED),
    "switch": native("if", ASSUMED),
    "try": native("try … except", VERIFIED),
    "wait": native("workflow.sleep", VERIFIED),
    "listen": native("wait_condition", VERIFIED, limit="result_bytes"),
    "emit": native("execute_activity", VERIFIED),
    "for": native("for", ASSUMED, limit="steps"),
    "fork": native("asyncio.gather", VERIFIED),
    "raise": native("ApplicationError", VERIFIED),
    "early_event": native("@workflow.signal", VERIFIED),
    "listen_condition": emulated(phrases.MATCHED_HERE, ASSUMED),
    "endless_wait": native("wait_condition", ASSUMED),
    "for_while": native("for", ASSUMED),
    "fork_compete": native("workflow.wait, cancel", ASSUMED),
    "fork_bounded": native("asyncio.Semaphore", ASSUMED),
    "export_in_branch": native("@workflow.run", ASSUMED),
    "try_block": native("try … except", VERIFIED),
    "catch_condition": native("except", ASSUMED),
    "retry": native("RetryPolicy", VERIFIED),
    "retry_block": emulated(phrases.LOOP, ASSUMED),
    "retry_linear": emulated(phrases.LOOP, DOCUMENTED),
    "retry_jitter": emulated(phrases.JITTER, ASSUMED),
    "retry_fraction": native("RetryPolicy", ASSUMED),
    "retry_condition": native("non_retryable", VERIFIED),
    "retry_total": native("schedule_to_close_timeout", DOCUMENTED),
    "retry_endless": native("maximum_attempts=0", DOCUMENTED),
    "attempt_timeout": native("start_to_close_timeout", DOCUMENTED),
    "call_timeout": native("schedule_to_close_timeout", DOCUMENTED),
    "wait_timeout": native("wait_condition(timeout)", VERIFIED),
    "block_timeout": native("asyncio.timeout", ASSUMED),
    "jump": native("@workflow.run", ASSUMED),
    "jump_back": native("continue_as_new", DOCUMENTED, limit="steps"),
    "compensate": emulated(phrases.UNDO_STACK, VERIFIED, construct="asyncio.shield"),
    "pivot": emulated(phrases.PIVOT, ASSUMED, construct="RetryPolicy"),
    "idempotency_key": native("execute_activity", VERIFIED),
    "schema": native("@workflow.run", ASSUMED),
    "expression_beyond": emulated(phrases.ACTIVITY_EXPRESSION, ASSUMED),
    "expression_loop": native("@workflow.run", ASSUMED),
    "name_letters": native("activity_id", ASSUMED),
    "step_gateway": native("execute_activity", VERIFIED),
    "event_bridge": native("signal", VERIFIED),
    "start_event": native("Kafka", ASSUMED),
    "start_condition": emulated(phrases.MATCHED_HERE, ASSUMED),
    "run_timeout": native("execution_timeout", DOCUMENTED),
    "run_timeout_undo": native("asyncio.timeout", ASSUMED),
    "secrets": native("Vault", ASSUMED),
    "payload": native("payload", DOCUMENTED, limit="result_bytes"),
    "history": native("history", DOCUMENTED, limit="steps"),
}

BOUNDS: Final[Mapping[str, Bound]] = {
    "long_name": Bound(measure="name", limit="name_characters", verdict=EMULATED, why=phrases.SHORTENED),
}
