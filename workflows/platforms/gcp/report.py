"""What Google Cloud Workflows makes of a plan: compiled to its YAML, calls by `http.post`."""

from collections.abc import Mapping
from typing import Final

from workflows.platforms import phrases
from workflows.platforms.answers import ASSUMED, DOCUMENTED, EMULATED, REFUSED, VERIFIED, emulated, native, refused
from workflows.platforms.contract import Answer, Bound

PLACE: Final = 4
NAME: Final = "Google Cloud"
SERVICE: Final = "Workflows"


def _(text: str) -> str:
    """Mark for translation."""
    return text


BY_STEPS: Final = _("Generated steps go through the list: its expressions cannot.")
TOO_MANY: Final = _("One parallel step takes no more branches. Nest them or divide the task.")
TOO_DEEP: Final = _("Parallel steps stand no deeper within each other.")
AT_ONCE: Final = _("The others wait for their turn.")
DONE_LIST: Final = _("An except block goes through the list of what was started, from the end.")
BY_CALLBACK: Final = _("The gateway answers by callback.")
FROM_GATEWAY: Final = _("A step of the gateway draws the random part.")

ANSWERS: Final[Mapping[str, Answer]] = {
    "do": native("steps", VERIFIED),
    "set": native("assign", VERIFIED),
    "call": native("http.post", VERIFIED, limit="state_bytes"),
    "approval": emulated(phrases.ASKED_HERE, VERIFIED, construct="await_callback"),
    "switch": native("switch", VERIFIED),
    "try": native("try … except", VERIFIED),
    "wait": native("sys.sleep", VERIFIED),
    "listen": native("await_callback", VERIFIED, limit="state_bytes"),
    "emit": native("googleapis.pubsub", ASSUMED),
    "for": native("for", VERIFIED, limit="steps"),
    "fork": native("parallel", VERIFIED),
    "raise": native("raise", ASSUMED),
    "early_event": emulated(phrases.BRIDGE, VERIFIED),
    "listen_condition": emulated(phrases.MATCHED_HERE, ASSUMED),
    "endless_wait": emulated(phrases.WITH_RUN, DOCUMENTED, limit="run_seconds"),
    "for_while": native("break", ASSUMED),
    "fork_compete": refused(phrases.NO_RACE, DOCUMENTED),
    "fork_bounded": native("concurrency_limit", VERIFIED),
    "export_in_branch": native("shared", VERIFIED),
    "try_block": native("try … except", VERIFIED),
    "catch_condition": native("switch", VERIFIED),
    "retry": native("retry", VERIFIED),
    "retry_block": native("retry", ASSUMED),
    "retry_linear": emulated(phrases.LOOP, ASSUMED),
    "retry_jitter": emulated(FROM_GATEWAY, ASSUMED),
    "retry_fraction": emulated(phrases.WHOLE_SECONDS, VERIFIED),
    "retry_condition": native("predicate", VERIFIED),
    "retry_total": emulated(phrases.CLOCK, ASSUMED),
    "retry_endless": emulated(phrases.LOOP, ASSUMED, limit="steps"),
    "attempt_timeout": native("timeout", DOCUMENTED),
    "call_timeout": native("timeout", DOCUMENTED, limit="call_seconds"),
    "wait_timeout": native("timeout", VERIFIED),
    "block_timeout": emulated(phrases.BETWEEN, ASSUMED),
    "jump": native("next", VERIFIED),
    "jump_back": native("next", VERIFIED, limit="steps"),
    "compensate": emulated(DONE_LIST, VERIFIED, construct="except"),
    "pivot": emulated(phrases.PIVOT, ASSUMED),
    "idempotency_key": native("http.post", VERIFIED),
    "schema": emulated(phrases.GATEWAY_SCHEMA, ASSUMED),
    "expression_beyond": emulated(phrases.GATEWAY_EXPRESSION, ASSUMED),
    "expression_loop": emulated(BY_STEPS, ASSUMED, construct="for"),
    "name_letters": emulated(phrases.RENAMED, ASSUMED),
    "step_gateway": native("http.post", VERIFIED),
    "event_bridge": emulated(phrases.BRIDGE, VERIFIED, construct="events.create_callback_endpoint"),
    "start_event": native("Eventarc", ASSUMED),
    "start_condition": emulated(phrases.MATCHED_HERE, ASSUMED),
    "run_timeout": emulated(phrases.BETWEEN, DOCUMENTED),
    "run_timeout_undo": emulated(phrases.BETWEEN, DOCUMENTED),
    "secrets": native("secretmanager", ASSUMED),
    "payload": native("execution", DOCUMENTED, limit="state_bytes"),
    "history": native("execution", DOCUMENTED, limit="steps"),
}

BOUNDS: Final[Mapping[str, Bound]] = {
    "long_expression": Bound(
        measure="expression", limit="expression_characters", verdict=EMULATED, why=phrases.GATEWAY_EXPRESSION
    ),
    "long_call": Bound(measure="call", limit="call_seconds", verdict=EMULATED, why=BY_CALLBACK),
    "long_wait": Bound(measure="wait", limit="wait_seconds", verdict=REFUSED, why=phrases.TOO_LONG),
    "many_branches": Bound(measure="branches", limit="branches", verdict=REFUSED, why=TOO_MANY),
    "many_at_once": Bound(measure="branches_at_once", limit="branches_at_once", verdict=EMULATED, why=AT_ONCE),
    "deep_fork": Bound(measure="fork_depth", limit="fork_depth", verdict=REFUSED, why=TOO_DEEP),
    "many_assignments": Bound(measure="assignments", limit="assignments", verdict=EMULATED, why=phrases.SPLIT),
    "many_conditions": Bound(measure="conditions", limit="conditions", verdict=EMULATED, why=phrases.SPLIT),
    "long_name": Bound(measure="name", limit="name_characters", verdict=EMULATED, why=phrases.SHORTENED),
    "long_definition_name": Bound(
        measure="definition_name", limit="definition_name_characters", verdict=EMULATED, why=phrases.SHORTENED
    ),
    "large_source": Bound(measure="source", limit="source_bytes", verdict=REFUSED, why=phrases.TOO_LARGE),
}
