"""`call: connector`: one operation of a connector, with its permits, mappings and reconciliation.

    with: {connector, operation, input}

The connector remembers calls by idempotency key, so asking again after a crash finds the first answer or looks it up; a
write is never blindly repeated. Its outcomes are the engine's: confirmed, rejected (final or retriable), unknown.
"""

from typing import Final

from connectors.contract import CoreError, OutcomeKind
from connectors.contract import Outcome as CallOutcome
from connectors.services import operation_call
from tenants.errors import OrchestrationError
from workflows.domain.failures import TYPES, WorkflowError, standard
from workflows.domain.signals import Failed, Outcome, Succeeded, Unknown
from workflows.functions.contract import Invocation

VERSIONS: Final = ("1.0.0",)
NETWORK: Final = True


def perform(invocation: Invocation) -> Outcome:
    """Call the operation once, under the key of the effect."""
    given = invocation.arguments
    try:
        called = operation_call(
            given["connector"],
            given["operation"],
            input=given.get("input") or {},
            idempotency_key=invocation.idempotency_key,
            deadline_seconds=invocation.deadline_seconds,
        )
    except OrchestrationError as error:
        fault = standard("configuration", error.message, detail=error.code)
        return Failed(error=fault, retriable=error.retryable)
    return outcome_of(called)


def outcome_of(called: CallOutcome) -> Outcome:
    """The outcome of a call as the engine's."""
    if called.kind is OutcomeKind.CONFIRMED:
        return Succeeded(output=called.output)
    core = called.error or CoreError("core.unclassified")
    error = error_of(core)
    wait = core.retry_after_seconds or 0
    if called.kind is OutcomeKind.UNKNOWN:
        return Unknown(error=error, retriable=called.repeatable, retry_after_seconds=wait)
    return Failed(error=error, retriable=core.retriable, retry_after_seconds=wait)


def error_of(core: CoreError) -> WorkflowError:
    """A core's error as an error of the run; its stable code is what catches look at."""
    return WorkflowError(type=f"{TYPES}communication", status=500, title=core.code, detail=core.detail)
