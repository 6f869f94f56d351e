"""What AWS Step Functions makes of a plan: compiled to one state machine in JSONata, calls by HTTP tasks."""

from collections.abc import Mapping
from typing import Final

from workflows.platforms import phrases
from workflows.platforms.answers import ASSUMED, DOCUMENTED, EMULATED, REFUSED, VERIFIED, emulated, native, refused
from workflows.platforms.contract import Answer, Bound

PLACE: Final = 3
NAME: Final = "AWS"
SERVICE: Final = "Step Functions"


def _(text: str) -> str:
    """Mark for translation."""
    return text


ENVELOPE: Final = _("Each branch returns its error as data, or one failure would lose the results of the others.")
COUNTING: Final = _("A choice that counts up: a Map cannot hand the data of one item to the next.")
ONE_BRANCH: Final = _("The tasks stand in a parallel state of one branch, which can catch.")
CHOICE_BEHIND: Final = _("A choice behind the catch; what does not fit is raised again.")
CAUSE: Final = _("Type, status and detail of the error are folded into its cause.")
FULL_JITTER: Final = _("The random part is on or off there, not a range.")
NESTED: Final = _("A state machine of its own with a timeout, started and waited for.")
DONE_FLAGS: Final = _("A catch leads into choices that undo what is marked as started, from the end.")
MAP_OF_BRANCHES: Final = _("A Map over the numbers of the branches, each choosing its tasks.")
BY_CALLBACK: Final = _("A function makes the call and answers by task token.")
RETURNED: Final = _("The branch returns it, and the join sets it: a branch cannot assign outside itself.")

ANSWERS: Final[Mapping[str, Answer]] = {
    "do": native("Next", VERIFIED),
    "set": native("Pass, Assign", VERIFIED),
    "call": native("http:invoke", VERIFIED, limit="state_bytes"),
    "approval": emulated(phrases.ASKED_HERE, VERIFIED, construct=".waitForTaskToken"),
    "switch": native("Choice", VERIFIED),
    "try": native("Catch", VERIFIED),
    "wait": native("Wait", VERIFIED),
    "listen": native(".waitForTaskToken", VERIFIED, limit="state_bytes"),
    "emit": native("events:putEvents", VERIFIED),
    "for": emulated(COUNTING, DOCUMENTED, construct="Choice", limit="steps"),
    "fork": emulated(ENVELOPE, VERIFIED, construct="Parallel"),
    "raise": emulated(CAUSE, VERIFIED, construct="Fail"),
    "early_event": emulated(phrases.BRIDGE, VERIFIED),
    "listen_condition": emulated(phrases.MATCHED_HERE, ASSUMED),
    "endless_wait": emulated(phrases.WITH_RUN, DOCUMENTED, limit="run_seconds"),
    "for_while": native("Choice", VERIFIED),
    "fork_compete": refused(phrases.NO_RACE, DOCUMENTED),
    "fork_bounded": emulated(MAP_OF_BRANCHES, ASSUMED, construct="Map", limit="branches_at_once"),
    "export_in_branch": emulated(RETURNED, DOCUMENTED),
    "try_block": emulated(ONE_BRANCH, ASSUMED, construct="Parallel"),
    "catch_condition": emulated(CHOICE_BEHIND, ASSUMED, construct="Choice"),
    "retry": native("Retry", VERIFIED),
    "retry_block": native("Retry", ASSUMED),
    "retry_linear": emulated(phrases.LOOP, DOCUMENTED),
    "retry_jitter": emulated(FULL_JITTER, DOCUMENTED, construct="JitterStrategy"),
    "retry_fraction": emulated(phrases.WHOLE_SECONDS, DOCUMENTED),
    "retry_condition": emulated(phrases.CLASSIFIED, VERIFIED, construct="ErrorEquals"),
    "retry_total": emulated(phrases.CLOCK, ASSUMED),
    "retry_endless": native("MaxAttempts", ASSUMED, limit="steps"),
    "attempt_timeout": native("TimeoutSeconds", VERIFIED),
    "call_timeout": native("TimeoutSeconds", VERIFIED),
    "wait_timeout": native("TimeoutSeconds", VERIFIED),
    "block_timeout": emulated(NESTED, ASSUMED, construct="startExecution.sync:2"),
    "jump": native("Next", VERIFIED),
    "jump_back": native("Next", VERIFIED, limit="steps"),
    "compensate": emulated(DONE_FLAGS, VERIFIED, construct="Catch"),
    "pivot": emulated(phrases.PIVOT, ASSUMED),
    "idempotency_key": native("States.Format", VERIFIED),
    "schema": emulated(phrases.GATEWAY_SCHEMA, ASSUMED),
    "expression_beyond": emulated(phrases.GATEWAY_EXPRESSION, ASSUMED),
    "expression_loop": native("JSONata", ASSUMED),
    "name_letters": native("States", ASSUMED),
    "step_gateway": native("http:invoke", VERIFIED),
    "event_bridge": emulated(phrases.BRIDGE, VERIFIED, construct="SendTaskSuccess"),
    "start_event": native("EventBridge", ASSUMED),
    "start_condition": emulated(phrases.MATCHED_HERE, ASSUMED),
    "run_timeout": native("TimeoutSeconds", DOCUMENTED),
    "run_timeout_undo": emulated(NESTED, ASSUMED, construct="startExecution.sync:2"),
    "secrets": native("EventBridge Connection", DOCUMENTED),
    "payload": native("States", DOCUMENTED, limit="state_bytes"),
    "history": native("States", DOCUMENTED, limit="steps"),
}

BOUNDS: Final[Mapping[str, Bound]] = {
    "long_call": Bound(measure="call", limit="call_seconds", verdict=EMULATED, why=BY_CALLBACK),
    "long_wait": Bound(measure="wait", limit="wait_seconds", verdict=REFUSED, why=phrases.TOO_LONG),
    "long_name": Bound(measure="name", limit="name_characters", verdict=EMULATED, why=phrases.SHORTENED),
    "long_definition_name": Bound(
        measure="definition_name", limit="definition_name_characters", verdict=EMULATED, why=phrases.SHORTENED
    ),
    "large_source": Bound(measure="source", limit="source_bytes", verdict=REFUSED, why=phrases.TOO_LARGE),
}
