"""Drives a run: `perform` calls one function outside any transaction, `record` writes what came of it in one call.

    claim -> think -> record the intent -> perform -> think -> record result and next intent -> … -> give the lease back

Thinking is `advance`, which is pure; tasks that reach nowhere cost no commit of their own. What is recorded before an
effect is that it will be asked for, so a worker that dies leaves behind what has to be asked again, with the same key.
A turn carries a run through consecutive steps until it waits, ends, or has had its share of the worker.
"""

import logging
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from secrets import SystemRandom
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError, connections

from tenants.failpoints import failpoint
from tenants.queue import enqueue
from tenants.scope import Scope, current_scope, system_scope, use_scope
from workflows import ports, store
from workflows.changes import Change
from workflows.domain import signals
from workflows.domain.run.context import Context
from workflows.domain.state import State, advance, outstanding, state_from_json, state_to_json
from workflows.functions.contract import Invocation
from workflows.leases import Lease, keeper
from workflows.performing import perform, withdraw_everywhere
from workflows.plans import Pinned, plan_of

logger = logging.getLogger(__name__)
DRIVE_TASK: Final = "workflows.run_drive"
DELIVER_TASK: Final = "workflows.deliver"
STEPS_PER_TURN: Final = 50
TURN_SECONDS: Final = 2.0
LOOK_SECONDS: Final = 1.0  # how often a turn that waits for several effects looks for signals
LINES_PER_RECORD: Final = 500
MOST_DELAY_SECONDS: Final = 60.0

_random = SystemRandom()
_side_by_side = ThreadPoolExecutor(64, thread_name_prefix="effect")


class LeaseLost(Exception):
    """Another worker has the run; whatever this one still says is refused."""


def run_drive(run_id: UUID) -> bool:
    """Take a due run as far as it goes now; False when there is nothing to do or another worker is at it."""
    tenant_id = current_scope().tenant_id
    claim = store.claim(tenant_id, run_id, owner=keeper.owner, lease_seconds=keeper.lease_seconds)
    if claim is None:
        return False
    scope = system_scope(tenant_id, f"run {run_id}")
    with use_scope(scope), keeper.holding(tenant_id, run_id, claim.epoch) as lease:
        try:
            failpoint("workflows.claim.after")
            Turn(scope, lease, claim, plan_of(tenant_id, claim.version_id)).drive()
        except LeaseLost:
            logger.info("run %s went on in another worker", run_id)
        except (OperationalError, InterfaceError) as error:
            logger.warning("run %s: the database went away (%s); its lease runs out", run_id, error)
        except Exception as error:  # a fault of ours must not take the worker down, nor be tried for ever
            logger.exception("run %s cannot go on", run_id)
            _give_up(lease, error)
    return True


def _give_up(lease: Lease, error: Exception) -> None:
    try:
        reason = f"{type(error).__name__}: {error}"[:300]
        store.fail(lease.tenant_id, lease.run_id, lease.epoch, reason=reason, delay_seconds=_delay(lease.epoch))
    except (DatabaseError, InterfaceError):
        logger.warning("run %s: the failure could not be written; its lease runs out", lease.run_id)


def _delay(epoch: int) -> float:
    return min(0.5 * 2.0 ** min(epoch, 10), MOST_DELAY_SECONDS)


class Turn:
    """One worker's time with one run."""

    def __init__(self, scope: Scope, lease: Lease, claim: store.Claim, pinned: Pinned) -> None:
        self.scope, self.lease, self.pinned = scope, lease, pinned
        self.state = state_from_json(claim.state) if claim.state else State()
        self.change = Change(after=claim.history_count)
        self.queue: deque[tuple[int, signals.Signal]] = deque()
        self.open: dict[str, signals.Perform] = {}
        self.running: dict[Future[signals.Outcome], signals.Perform] = {}
        self.inputs: dict[str, Any] = {}
        self.abandoned: list[signals.Abandon] = []
        self.steps = 0
        self.consumed = 0
        self._began = time.monotonic()
        self._clock, self._clock_read = claim.waiting.now, self._began
        self._look_back(claim)
        self._take(claim.waiting)

    def _look_back(self, claim: store.Claim) -> None:
        """What the worker before left open. After a crash it may have been done: the functions are told."""
        if claim.state is None:
            self.queue.append((0, signals.Started(input=claim.input)))
        self.open = {command.effect: command for command in outstanding(self.state)}
        self.inherited = frozenset(self.open)
        self.doubtful = self.inherited if claim.recovered else frozenset()
        if self.state.continuing:
            self.queue.append((0, signals.Continued()))

    def drive(self) -> None:
        """Think and perform in turns until nothing is left to do now."""
        while True:
            self._think()
            if self.change.finish or self._is_out_of_time() or not (self._startable() or self.running):
                break
            if self._record().has_signals:
                self._take(store.inbox(self.lease.tenant_id, self.lease.run_id))
            if not self.queue:
                self._perform_some()
        again = bool(self.open or self.queue or self.state.continuing) and not self.change.finish
        self._record(release=True, again=again)

    # --- thinking

    def _think(self) -> None:
        while self.queue and not (self._is_out_of_time() and self.state.continuing):
            number, signal = self.queue.popleft()
            step = advance(self.pinned.plan, self.state, signal, self._context())
            self.consumed = max(self.consumed, number)
            if isinstance(signal, signals.TimerFired):
                self.change.ended_timers.append(signal.timer)
            if step.ignored:
                logger.debug("run %s: %s", self.lease.run_id, step.ignored)
                continue
            self.state = step.state
            self._obey(step.commands)
            self.change.history += [signals.to_json(entry) for entry in step.history]
            if len(self.change.history) > LINES_PER_RECORD and not self.change.finish:
                self._record()

    def _obey(self, commands: Iterable[signals.Command]) -> None:
        self.change.add(commands)
        for command in commands:
            match command:
                case signals.Perform():
                    self.open[command.effect] = command
                case signals.Abandon(effect=effect):
                    self.open.pop(effect, None)
                    self.abandoned.append(command)
                case signals.Continue():
                    self.queue.append((0, signals.Continued()))

    def _take(self, waiting: store.Waiting) -> None:
        self._clock, self._clock_read = waiting.now, time.monotonic()
        self.queue.extend((number, signals.from_json(data)) for _, number, data in waiting.items)

    def _context(self) -> Context:
        return Context(
            run_id=str(self.lease.run_id),
            now=self._now(),
            evaluator=ports.evaluator(),
            schemas=ports.schemas(),
            draw=_random.random(),
        )

    def _now(self) -> datetime:
        """The time of the database, which all workers share: a timer is never early because of a worker's clock."""
        return self._clock + timedelta(seconds=time.monotonic() - self._clock_read)

    def _is_out_of_time(self) -> bool:
        """A fair share of the worker is used up. What was taken over from a dead worker is always looked at first."""
        if self.running or self.inherited & self.open.keys():
            return False
        return self.steps >= STEPS_PER_TURN or time.monotonic() - self._began > TURN_SECONDS

    # --- performing

    def _startable(self) -> list[signals.Perform]:
        """Effects to ask for in this turn; one with `dispatch: task` begins a turn of its own."""
        return [one for one in self.open.values() if one.dispatch == "inline" or one.effect in self.inherited]

    def _perform_some(self) -> None:
        """Ask for what is open. A single effect needs no other thread; several are awaited together."""
        startable = self._startable()
        self.inputs = {node.perform["effect"]: node.input for node in self.state.nodes() if node.perform}
        for command in startable:
            del self.open[command.effect]
            self.lease.busy_for(command.deadline_seconds)
        if len(startable) == 1 and not self.running:
            self._answered(startable[0], self._perform(startable[0]))
            return
        for command in startable:
            self.running[_side_by_side.submit(self._perform_apart, command)] = command
        done, _ = wait(self.running, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            self._answered(self.running.pop(future), future.result())

    def _answered(self, command: signals.Perform, outcome: signals.Outcome) -> None:
        self.steps += 1
        self.change.progress = True
        self.queue.append((0, signals.Performed(effect=command.effect, attempt=command.attempt, outcome=outcome)))
        if not self.running:
            self.lease.idle()

    def _perform_apart(self, command: signals.Perform) -> signals.Outcome:
        try:
            with use_scope(self.scope):
                return self._perform(command)
        finally:
            connections.close_all()

    def _perform(self, command: signals.Perform) -> signals.Outcome:
        failpoint("workflows.effect.before")
        outcome = perform(self._invocation(command), version=command.version)
        failpoint("workflows.effect.after")
        return outcome

    def _invocation(self, command: signals.Perform) -> Invocation:
        return Invocation(
            tenant_id=self.lease.tenant_id,
            run_id=self.lease.run_id,
            definition_id=self.pinned.definition_id,
            effect=command.effect,
            attempt=command.attempt,
            pointer=command.pointer,
            function=command.function,
            arguments=command.arguments,
            input=self.inputs.get(command.effect),
            idempotency_key=command.idempotency_key,
            deadline_seconds=command.deadline_seconds,
            recovered=command.effect in self.doubtful,
            compensating=command.compensating,
        )

    # --- recording

    def _record(self, *, release: bool = False, again: bool = False) -> store.Recorded:
        """Write everything since the last record in one commit; LeaseLost when the run is no longer ours."""
        change = self.change
        change.state, change.status = state_to_json(self.state), self.state.status
        change.consumed, change.release, change.again = self.consumed, release, again
        failpoint("workflows.record.before")
        lease = self.lease
        found = store.record(lease.tenant_id, lease.run_id, lease.epoch, change, lease_seconds=keeper.lease_seconds)
        failpoint("workflows.record.after")
        if found is None:
            raise LeaseLost(str(lease.run_id))
        self.change = Change(after=change.after + len(change.history))
        self._hint(found)
        self._withdraw()
        return found

    def _withdraw(self) -> None:
        """Tell the functions that nobody waits for their later answers any more; a courtesy that a crash may lose."""
        while self.abandoned:
            one = self.abandoned.pop()
            withdraw_everywhere(self.lease.run_id, one.effect, one.attempt)

    def _hint(self, found: store.Recorded) -> None:
        if found.deliveries:
            enqueue(DELIVER_TASK, self.scope, {"delivery_ids": [str(one) for one in found.deliveries]})
        if found.is_due:
            enqueue(DRIVE_TASK, self.scope, {"run_id": str(self.lease.run_id)})
