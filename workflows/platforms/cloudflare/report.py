"""What Cloudflare Workflows makes of a plan: one interpreter in TypeScript walks it, each effect a step."""

from collections.abc import Mapping
from typing import Final

from workflows.platforms import phrases
from workflows.platforms.answers import ASSUMED, DOCUMENTED, EMULATED, VERIFIED, emulated, native
from workflows.platforms.contract import Answer, Bound

PLACE: Final = 1
NAME: Final = "Cloudflare"
SERVICE: Final = "Workflows"

ANSWERS: Final[Mapping[str, Answer]] = {
    "do": native("run()", VERIFIED),
    "set": native("run()", VERIFIED),
    "call": native("step.do", VERIFIED, limit="result_bytes"),
    "approval": native("step.waitForEvent", VERIFIED),
    "switch": native("if", ASSUMED),
    "try": native("try … catch", VERIFIED),
    "wait": native("step.sleep", VERIFIED),
    "listen": native("step.waitForEvent", VERIFIED, limit="result_bytes"),
    "emit": native("step.do", VERIFIED),
    "for": native("for", ASSUMED, limit="steps"),
    "fork": native("Promise.all", VERIFIED),
    "raise": native("NonRetryableError", VERIFIED),
    "early_event": native("sendEvent", VERIFIED),
    "listen_condition": emulated(phrases.MATCHED_HERE, DOCUMENTED),
    "endless_wait": emulated(phrases.ROUNDS, DOCUMENTED, limit="wait_seconds"),
    "for_while": native("for", ASSUMED),
    "fork_compete": emulated(phrases.LOSERS_GO_ON, ASSUMED, construct="Promise.race"),
    "fork_bounded": emulated(phrases.BATCHES, ASSUMED),
    "export_in_branch": native("run()", ASSUMED),
    "try_block": native("try … catch", VERIFIED),
    "catch_condition": native("catch", ASSUMED),
    "retry": native("retries", VERIFIED),
    "retry_block": emulated(phrases.LOOP, ASSUMED),
    "retry_linear": native('backoff: "linear"', DOCUMENTED),
    "retry_jitter": emulated(phrases.JITTER, ASSUMED),
    "retry_fraction": native("delay", VERIFIED),
    "retry_condition": native("NonRetryableError", VERIFIED),
    "retry_total": emulated(phrases.CLOCK, ASSUMED),
    "retry_endless": emulated(phrases.LOOP, ASSUMED, limit="steps"),
    "attempt_timeout": native("timeout", VERIFIED),
    "call_timeout": native("timeout", VERIFIED),
    "wait_timeout": native("timeout", VERIFIED, limit="wait_seconds"),
    "block_timeout": emulated(phrases.RACE, ASSUMED),
    "jump": native("run()", ASSUMED),
    "jump_back": native("run()", ASSUMED, limit="steps"),
    "compensate": native("rollback", DOCUMENTED),
    "pivot": emulated(phrases.PIVOT, ASSUMED),
    "idempotency_key": native("step.do", VERIFIED),
    "schema": native("run()", ASSUMED),
    "expression_beyond": emulated(phrases.GATEWAY_EXPRESSION, ASSUMED),
    "expression_loop": native("run()", ASSUMED),
    "name_letters": native("step.do", ASSUMED),
    "step_gateway": native("fetch", VERIFIED),
    "event_bridge": native("sendEvent", VERIFIED),
    "start_event": native("Queues", VERIFIED),
    "start_condition": emulated(phrases.MATCHED_HERE, ASSUMED),
    "run_timeout": emulated(phrases.RACE, ASSUMED),
    "run_timeout_undo": emulated(phrases.RACE, ASSUMED),
    "secrets": native("secret binding", VERIFIED),
    "payload": native("step.do", DOCUMENTED, limit="state_bytes"),
    "history": native("limits.steps", DOCUMENTED, limit="steps"),
}

BOUNDS: Final[Mapping[str, Bound]] = {
    "long_wait": Bound(measure="wait", limit="wait_seconds", verdict=EMULATED, why=phrases.ROUNDS),
    "long_name": Bound(measure="name", limit="name_characters", verdict=EMULATED, why=phrases.SHORTENED),
    "long_definition_name": Bound(
        measure="definition_name", limit="definition_name_characters", verdict=EMULATED, why=phrases.SHORTENED
    ),
}
