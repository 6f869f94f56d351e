"""Down the ladder: hold, call, judge, and on failure the next rung, until an answer begins or nothing is left to try.

A hold per attempt. What certainly was not run is given back; what may have been run is booked at its full hold.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from keys.ports import HoldRequest, Refusal, Vault
from routing.domain.price import worst_case
from routing.domain.retry import AttemptOutcome, next_step
from routing.domain.types import DeploymentFacts
from routing.gateway.compiled import Target, TargetError
from routing.gateway.errors import accounting_unavailable, refused_by_ledger
from routing.gateway.exchange import Attempt, Exchange
from routing.gateway.health import Health
from routing.gateway.request_body import output_cap, rewrite_body
from routing.gateway.upstream_faults import UpstreamFault, broken, misconfigured, read_fault, wire_error
from routing.ports import (
    Deadlines,
    Ledger,
    LedgerUnavailable,
    ModelClient,
    UpstreamError,
    UpstreamForbidden,
    UpstreamReply,
    UpstreamRequest,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from tenants.failpoints import failpoint
from tenants.ids import uuid7

HOLD_SPARE_SECONDS = 120
MAX_FAULT_BYTES = 64 * 1024

Answer = TypeVar("Answer")
Begin = Callable[[UpstreamReply], Awaitable[Answer]]


class AttemptFailed(Exception):
    """One attempt did not lead to an answer."""

    def __init__(self, fault: UpstreamFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Started(Generic[Answer]):
    """An attempt whose answer has begun, and what of it is there."""

    attempt: Attempt
    answer: Answer


class Ladder:
    """Runs attempts for the surfaces."""

    def __init__(self, *, ledger: Ledger, client: ModelClient, health: Health, vault: Callable[[], Vault]) -> None:
        self.ledger = ledger
        self.health = health
        self._client = client
        self._vault = vault

    async def climb(self, exchange: Exchange, raw: bytes, begin: Begin[Answer]) -> Started[Answer]:
        """Try the rungs of the decision until `begin` has got an answer; WireError with the last failure otherwise."""
        assert exchange.decision is not None
        assert exchange.route is not None
        rungs = exchange.decision.rungs
        spec = exchange.route.facts.spec
        position = 0
        while True:
            attempt = await self._admit(exchange, rungs[position])
            try:
                answer = await self._try(exchange, attempt, raw, begin)
            except AttemptFailed as failed:
                fault = failed.fault
            else:
                return Started(attempt, answer)
            verdict = next_step(
                fault.outcome,
                attempt=len(exchange.attempts),
                max_attempts=spec.max_attempts,
                rungs_left=len(rungs) - position - 1,
                remaining_ms=int((exchange.began + spec.timeout_seconds - time.monotonic()) * 1000),
                jitter=random.random(),  # noqa: S311 - spreads retries, protects nothing
            )
            attempt.detail = fault.message
            self._close(attempt, fault.outcome, verdict.outcome, ambiguous=verdict.ambiguous)
            if verdict.ambiguous:
                exchange.cost = (exchange.cost or 0) + attempt.hold.amount
                exchange.estimated = True
            if verdict.action == "stop":
                raise wire_error(fault, verdict)
            if verdict.action == "next":
                position += 1
            else:
                await asyncio.sleep(verdict.delay_ms / 1000)

    async def _admit(self, exchange: Exchange, facts: DeploymentFacts) -> Attempt:
        caller, features, route = exchange.caller, exchange.features, exchange.route
        assert caller is not None
        assert features is not None
        assert route is not None
        amount = worst_case(features, facts)
        failpoint("gateway.hold.before")
        request = HoldRequest(
            tenant_id=caller.tenant_id,
            hold_id=uuid7() if exchange.attempts else exchange.id,
            virtual_key_id=caller.key_id,
            secret_id=caller.secret_id,
            amount=amount or 0,
            priced=amount is not None,
            ttl_seconds=int(route.deadlines.total) + HOLD_SPARE_SECONDS,
            count_request=not exchange.attempts,
        )
        try:
            hold = await self.ledger.hold(request)
        except LedgerUnavailable as error:
            raise accounting_unavailable() from error
        if isinstance(hold, Refusal):
            raise refused_by_ledger(hold, now=datetime.now(UTC))
        attempt = Attempt(facts, hold, time.monotonic())
        exchange.attempts.append(attempt)
        failpoint("gateway.hold.after")
        return attempt

    async def _try(self, exchange: Exchange, attempt: Attempt, raw: bytes, begin: Begin[Answer]) -> Answer:
        """Send the request and let `begin` take the start of the answer; AttemptFailed with the judgement otherwise."""
        request = self._request(exchange, attempt, raw)
        try:
            failpoint("gateway.upstream.before")
            reply = await self._client.send(request)
            failpoint("gateway.upstream.after")
            attempt.status = reply.status
            if reply.status != 200:
                raise AttemptFailed(await self._fault(reply))
            return await begin(reply)
        except UpstreamForbidden as error:
            raise AttemptFailed(misconfigured(str(error))) from error
        except UpstreamUnreachable as error:
            raise AttemptFailed(broken("connect")) from error
        except UpstreamTimeout as error:
            raise AttemptFailed(broken("first_byte_timeout")) from error
        except UpstreamError as error:
            raise AttemptFailed(broken("cut")) from error
        finally:
            attempt.ended = time.monotonic()
            exchange.upstream_seconds += attempt.ended - attempt.began

    def _request(self, exchange: Exchange, attempt: Attempt, raw: bytes) -> UpstreamRequest:
        caller, features, route = exchange.caller, exchange.features, exchange.route
        assert caller is not None
        assert features is not None
        assert route is not None
        target = self._target(exchange, attempt)
        cap = output_cap(features, attempt.facts, hard_limit=caller.hard_limit)
        deadlines = route.deadlines
        if len(exchange.attempts) > 1:
            deadlines = _remaining(deadlines, exchange.began)
        attempt.began = time.monotonic()
        return UpstreamRequest(
            url=target.url,
            headers=target.headers,
            body=rewrite_body(raw, target, features, cap=cap),
            deadlines=deadlines,
            through_process=target.through_process,
        )

    def _target(self, exchange: Exchange, attempt: Attempt) -> Target:
        assert exchange.caller is not None
        try:
            return exchange.caller.config.target(attempt.facts.id, "/chat/completions", self._vault)
        except TargetError as error:
            raise AttemptFailed(misconfigured(str(error))) from error

    async def _fault(self, reply: UpstreamReply) -> UpstreamFault:
        """Read an error answer; one that does not end is judged by its status alone."""
        body = b""
        try:
            while len(body) < MAX_FAULT_BYTES and (part := await reply.chunk()):
                body += part
        except UpstreamError:
            pass
        finally:
            reply.close()
        return read_fault(reply.status, reply.headers, body, now_seconds=time.time())

    def _close(self, attempt: Attempt, outcome: AttemptOutcome, verdict: str, *, ambiguous: bool) -> None:
        """End a failed attempt: its hold, and what it says about the deployment."""
        attempt.outcome = verdict
        self.health.observe(attempt.facts.id, outcome, now_ms=int(time.time() * 1000))
        self.ledger.end(attempt.hold, attempt.hold.amount if ambiguous else None)


def _remaining(deadlines: Deadlines, began: float) -> Deadlines:
    """The bounds of a later attempt: what is left of the whole, in whole seconds."""
    left = max(int(began + deadlines.total - time.monotonic()), 1)
    return Deadlines(
        connect=min(deadlines.connect, left),
        first_byte=min(deadlines.first_byte, left),
        idle=deadlines.idle,
        total=left,
    )
