"""Calling a core: `operation_call` and `operation_reconcile`. Never inside a transaction.

The answer is always an Outcome; only what is wrong with the call itself raises (NotFound, PermissionDenied, Invalid).
A write carries an idempotency key. The same key never has a second effect: what is known is given again, what is
running is waited for, what is not known is looked up or left to a person, as the operation declares.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from connectors.contract import (
    CoreError,
    Json,
    NotPerformed,
    Outcome,
    OutcomeKind,
    Unanswered,
)
from connectors.domain import schemas
from connectors.domain.past_calls import Next, PastCall, Step, decide, in_doubt, seconds_until_conclusive
from connectors.mapping.rules import MappingFault, apply
from connectors.ports import transport
from connectors.services.attempt import attempt, rejected, unknown
from connectors.services.log import call_id_of, database_now, log_settled, past_calls
from connectors.services.prepare import KEY_FIELD, Prepared, Target, load_target, prepare
from tenants.errors import Invalid, NoScope, ProgrammingFault
from tenants.scope import tenant_tx, tx_tenant

MAX_DEADLINE_SECONDS = 600.0
NOT_FOUND = "core.not_found"


def operation_call(
    connector: str,
    operation: str,
    *,
    input: Mapping[str, Json],  # noqa: A002  # the word of the whole project for it
    idempotency_key: str = "",
    deadline_seconds: float | None = None,
) -> Outcome:
    """Call an operation once, safely; waits for a permit as long as the connector says and the deadline allows."""
    try:
        call = _prepared(connector, operation, input, idempotency_key, deadline_seconds)
        return call if isinstance(call, Outcome) else _called(call)
    except (OperationalError, InterfaceError):
        return _store_away(idempotency_key)


def operation_reconcile(
    connector: str,
    operation: str,
    *,
    input: Mapping[str, Json],  # noqa: A002
    idempotency_key: str,
    deadline_seconds: float | None = None,
) -> Outcome:
    """Find out what became of a write without ever sending it."""
    try:
        call = _prepared(connector, operation, input, idempotency_key, deadline_seconds)
        return call if isinstance(call, Outcome) else _reconciled(call)
    except (OperationalError, InterfaceError):
        return _store_away(idempotency_key)


def _called(call: Prepared) -> Outcome:
    ended: Outcome | Step = attempt(call) if not call.target.is_write else _decided(call)
    for _round in range(2):
        if isinstance(ended, Outcome):
            break
        ended = _follow(call, ended)
    if isinstance(ended, Step):
        return _standing(call, ended)
    return _looked_up_at_once(call, ended)


def _reconciled(call: Prepared) -> Outcome:
    step = _decided(call)
    if step.next is Next.LOOK_UP and step.past is not None:
        return _look_up(call, step.past)
    if step.next is Next.SEND and (step.past is None or step.past.outcome is OutcomeKind.REJECTED):
        return _not_performed(call)
    return _standing(call, step)


def _store_away(key: str) -> Outcome:
    """Without the log nobody knows what earlier calls with this key did; asking again is safe."""
    error = NotPerformed("core.permits_unavailable", "the store of permits and calls does not answer").error
    return Outcome(OutcomeKind.UNKNOWN if key else OutcomeKind.REJECTED, error=error, repeatable=True)


def in_tenant_tx() -> bool:
    """Whether a unit of work is open here."""
    try:
        tx_tenant()
    except NoScope:
        return False
    return True


def _prepared(
    connector: str, operation: str, value: Mapping[str, Json], key: str, deadline_seconds: float | None
) -> Prepared | Outcome:
    if in_tenant_tx():
        raise ProgrammingFault("a core must not be called inside a unit of work")
    try:
        target = load_target(connector, operation)
        _check_key(target, key)
        longest = target.operation.timeout_seconds + target.max_wait_seconds
        seconds = min(deadline_seconds or longest, MAX_DEADLINE_SECONDS)
        return prepare(target, value, key=key, ends_at=transport().now() + seconds)
    except NotPerformed as fault:
        return Outcome(OutcomeKind.REJECTED, error=fault.error, repeatable=True)


def _check_key(target: Target, key: str) -> None:
    if target.is_write and not (0 < len(key) <= 200 and key.isascii() and key.isprintable()):
        raise Invalid(errors={"idempotency_key": [_("A write needs a key of 1 to 200 visible ASCII characters.")]})


def _decided(call: Prepared) -> Step:
    strategy = call.target.operation.idempotency.strategy
    with tenant_tx():
        return decide(past_calls(call), strategy=strategy, digest=call.digest, now=database_now())


def _follow(call: Prepared, step: Step) -> Outcome | Step:
    """Act on a decision: send, or look up and send when it is certain that nothing happened."""
    if step.next is Next.SEND:
        return attempt(call, doubt=in_doubt(step))
    if step.next is not Next.LOOK_UP or step.past is None:
        return _standing(call, step)
    found = _look_up(call, step.past)
    if found.error and found.error.code == "core.not_performed":
        return attempt(call)
    return found


def _standing(call: Prepared, step: Step) -> Outcome:
    """The outcome of a write that is not sent now."""
    match step.next:
        case Next.REPLAY if step.past is not None:
            return Outcome(OutcomeKind.CONFIRMED, step.past.output, repeatable=True, replayed=True)
        case Next.KEY_REUSED:
            error = NotPerformed("core.key_reused", "this idempotency key was used with another input").error
            return rejected(call, error)
        case Next.IN_FLIGHT:
            wait = seconds_until_conclusive(step.past, server_seconds=0, now=_now()) if step.past else 1.0
            fault = Unanswered("core.in_flight", "another worker is making this call", retry_after_seconds=wait)
            return unknown(call, fault.error)
    return unknown(call, Unanswered("core.no_answer", "an earlier call was sent and never answered").error)


def _looked_up_at_once(call: Prepared, outcome: Outcome) -> Outcome:
    """A write that ended unknown is looked up while there is time; finding it settles it."""
    strategy = call.target.operation.idempotency.strategy
    if outcome.kind is not OutcomeKind.UNKNOWN or strategy != "business_key_lookup" or not outcome.call_id:
        return outcome
    step = _decided(call)
    return _look_up(call, step.past) if step.next is Next.LOOK_UP and step.past is not None else outcome


def _look_up(call: Prepared, past: PastCall) -> Outcome:
    """Ask the core itself by the declared read. Absent counts only once the core can no longer be working on it."""
    declared = call.target.operation.idempotency
    try:
        asked = _lookup_input(call)
        lookup = prepare(load_target(call.target.connector, declared.operation), asked, key="", ends_at=call.ends_at)
    except NotPerformed as fault:
        return unknown(call, _unsettled(fault.error))
    asked_at = _now()
    answer = attempt(lookup)
    if isinstance(answer, Step):
        raise ProgrammingFault("a read never waits for an earlier one")
    if answer.confirmed:
        return _found(call, past, answer)
    if answer.error is None or answer.error.code != NOT_FOUND:
        return unknown(call, _unsettled(answer.error))
    wait = seconds_until_conclusive(past, server_seconds=call.target.server_seconds, now=asked_at)
    if wait > 0:
        text = "not there yet, and the core may still be working on it"
        return unknown(call, CoreError("core.no_answer", text, retriable=True, retry_after_seconds=wait))
    settled = _not_performed(call)
    _settle(call, past, settled)
    return settled


def _unsettled(error: CoreError | None) -> CoreError:
    """The write was sent and not answered, whatever became of the look-up."""
    code = error.code if error else "core.unclassified"
    wait = (error.retry_after_seconds if error else None) or 1.0
    return CoreError("core.no_answer", f"sent, not answered, and the look-up ended with {code}", True, wait)


def _now() -> datetime:
    with tenant_tx():
        return database_now()


def _lookup_input(call: Prepared) -> dict[str, Json]:
    try:
        return apply(call.target.operation.idempotency.input, {**call.input, KEY_FIELD: call.key})
    except MappingFault as error:
        raise NotPerformed("core.invalid_input", str(error)[:300]) from error


def _found(call: Prepared, past: PastCall, answer: Outcome) -> Outcome:
    if schemas.faults(call.target.operation.output_schema, answer.output):
        return unknown(call, Unanswered("core.bad_answer", "the look-up does not answer like the write").error)
    settled = replace(answer, replayed=True)
    _settle(call, past, settled)
    return settled


def _settle(call: Prepared, past: PastCall, outcome: Outcome) -> None:
    with tenant_tx():
        log_settled(call, outcome, call_id=call_id_of(call, past.number), number=past.number)


def _not_performed(call: Prepared) -> Outcome:
    return rejected(call, NotPerformed("core.not_performed", "the core has not carried it out").error)
