"""One try of one call: permit and log entry in one transaction, the call outside of any, then both again."""

import logging
from dataclasses import dataclass, replace
from typing import Any

from django.db import InterfaceError, OperationalError

from connectors.contract import (
    CoreAnswer,
    CoreCall,
    CoreError,
    HttpRequest,
    HttpResponse,
    NotPerformed,
    Outcome,
    OutcomeKind,
    Performed,
    Unanswered,
)
from connectors.domain import schemas
from connectors.domain.past_calls import Next, Step, decide, in_doubt
from connectors.domain.waiting import may_start
from connectors.mapping.rules import MappingFault, apply, masked
from connectors.permits import Permit, PermitAsk, permit_end, permit_take
from connectors.ports import CallTime, transport
from connectors.services.log import database_now, log_ended, log_started, past_calls
from connectors.services.prepare import Prepared
from tenants.failpoints import failpoint
from tenants.ids import uuid7
from tenants.scope import tenant_tx

logger = logging.getLogger(__name__)
# an answer arrived completely, so nothing goes on at the core
_ANSWERED = frozenset({"core.bad_answer"})


@dataclass(frozen=True, slots=True)
class Begun:
    """A try that may be sent, or the decision that it may not."""

    permit: Permit
    step: Step


@dataclass(slots=True)
class _Result:
    """How a try ended, whether the core is idle again and has settled earlier tries too, what may be shown."""

    outcome: Outcome
    idle: bool = True
    settled: bool = False
    received: dict[str, Any] | None = None


def attempt(call: Prepared, *, doubt: bool = False) -> Outcome | Step:
    """Make one try; for a write that an earlier one forbids, return the decision instead.

    `doubt`: an earlier try may have had its effect, so "nothing was sent" must not be told as "nothing happened".
    """
    try:
        begun = _permitted(call)
    except NotPerformed as fault:
        refused = rejected(call, fault.error)
        return _still_in_doubt(call, refused) if doubt else refused
    if begun.step.next is not Next.SEND:
        return begun.step
    failpoint("connectors.call.before")
    clock = transport().now
    began = clock()
    result = _perform(call, begun, ends_at=min(began + call.target.operation.timeout_seconds, call.ends_at))
    failpoint("connectors.call.after")
    _finish(call, result, begun, duration_ms=round((clock() - began) * 1000))
    return result.outcome


def rejected(call: Prepared, error: CoreError, *, call_id: str = "") -> Outcome:
    """Nothing happened at the core."""
    return Outcome(OutcomeKind.REJECTED, error=error, repeatable=True, call_id=call_id)


def unknown(call: Prepared, error: CoreError, *, call_id: str = "") -> Outcome:
    """A write that may have happened; repeatable where the operation declares how it is kept from happening twice."""
    repeatable = call.target.operation.idempotency.strategy != "none"
    return Outcome(OutcomeKind.UNKNOWN, error=error, repeatable=repeatable, call_id=call_id)


def _permitted(call: Prepared) -> Begun:
    if call.target.secret_fault is not None:
        raise call.target.secret_fault
    clock = transport().now
    deadline = min(call.target.operation.timeout_seconds, call.ends_at - clock())
    if deadline <= 0:
        raise NotPerformed("core.deadline_exceeded", "the time was over before anything was sent")
    ask = PermitAsk(
        id=uuid7(),
        connector_id=call.target.connector_id,
        operation=call.target.operation.name,
        deadline_seconds=deadline,
        wait_until=min(clock() + call.target.max_wait_seconds, call.ends_at),
    )
    return permit_take(ask, now=clock, begin=lambda permit: _begin(call, permit))


def _begin(call: Prepared, permit: Permit) -> Begun:
    """Under the lock of the pool: does an earlier call with this key allow another one?"""
    step = Step(Next.SEND)
    if call.target.is_write:
        strategy = call.target.operation.idempotency.strategy
        step = decide(past_calls(call), strategy=strategy, digest=call.digest, now=database_now())
    if step.next is Next.SEND:
        log_started(call, call_id=permit.id, number=step.number, lease_seconds=permit.lease)
    else:
        permit_end(permit.id, done=True)
    return Begun(permit, step)


def _perform(call: Prepared, begun: Begun, *, ends_at: float) -> _Result:
    permit, carrier, call_id = begun.permit, transport(), str(begun.permit.id)

    def startable() -> bool:
        left = ends_at - carrier.now()
        return left > 0 and may_start(
            now=carrier.now(), asked_at=permit.asked_at, lease=permit.lease, deadline_seconds=left
        )

    time = CallTime(ends_at, startable)

    def send(request: HttpRequest) -> HttpResponse:
        return carrier.send(request, time)

    asked = CoreCall(call.target.operation.name, call.core, call.key, call.target.secret)
    try:
        result = _read(call, call.target.opened.perform(asked, send), call_id)
    except NotPerformed as fault:
        result = _Result(rejected(call, fault.error, call_id=call_id))
    except Unanswered as fault:
        result = _Result(_doubtful(call, fault.error, call_id), idle=fault.error.code in _ANSWERED)
    if in_doubt(begun.step):
        result.outcome = result.outcome if result.settled else _still_in_doubt(call, result.outcome)
    return result


def _read(call: Prepared, answer: CoreAnswer, call_id: str) -> _Result:
    """A complete answer: refused by the core, or accepted and translated."""
    if answer.error is not None:
        if answer.performed in (Performed.NO, Performed.NEVER):
            refused = rejected(call, answer.error, call_id=call_id)
            return _Result(refused, settled=answer.performed is Performed.NEVER)
        return _Result(_doubtful(call, answer.error, call_id))
    rules = call.target.operation.from_core
    received = {"core": masked(rules, answer.document, side="from")}
    try:
        output = apply(rules, answer.document)
        if found := schemas.faults(call.target.operation.output_schema, output):
            path, texts = next(iter(found.items()))
            raise MappingFault(path or "output", texts[0])
    except MappingFault as error:
        fault = Unanswered("core.bad_answer", f"the answer is not what is declared: {error}"[:300])
        return _Result(_doubtful(call, fault.error, call_id), received=received)
    received["output"] = masked(rules, output)
    return _Result(Outcome(OutcomeKind.CONFIRMED, output, repeatable=True, call_id=call_id), received=received)


def _doubtful(call: Prepared, error: CoreError, call_id: str) -> Outcome:
    """A read that was not answered did no harm; of a write nobody knows."""
    if call.target.is_write:
        return unknown(call, error, call_id=call_id)
    return rejected(call, error, call_id=call_id)


def _still_in_doubt(call: Prepared, outcome: Outcome) -> Outcome:
    """After a try whose end is not known, a refusal of this one says nothing about that one."""
    error = outcome.error
    if outcome.kind is not OutcomeKind.REJECTED or error is None:
        return outcome
    return unknown(call, replace(error, retriable=True), call_id=outcome.call_id)


def _finish(call: Prepared, result: _Result, begun: Begun, *, duration_ms: int) -> None:
    """Log and give the permit back. A store that fails now costs the permit until its lease ends, not the outcome."""
    try:
        with tenant_tx():
            permit_end(begun.permit.id, done=result.idle)
            log_ended(
                call,
                result.outcome,
                number=begun.step.number,
                lease_seconds=begun.permit.lease,
                duration_ms=duration_ms,
                received=result.received,
            )
    except (InterfaceError, OperationalError):
        logger.warning("the end of call %s could not be written", begun.permit.id, exc_info=True)
