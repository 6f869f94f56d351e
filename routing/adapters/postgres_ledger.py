"""The ledger over PostgreSQL: many calls, few statements.

Two lanes, each with its own connection. Holds go out at once: everything that is waiting becomes one `keys_exchange`
call, and while that call is under way the next batch collects. Settlements and usage records may wait a moment
(`LINGER_SECONDS`), so that they do not stand before a hold, and are written together in one statement, hence in one
transaction.

Whatever happens to a connection, nothing is free: a hold whose answer was lost is given back once the connection works
again, a settlement is repeated until the store says what became of it (both are idempotent there), and what could never
be written ends by expiry at its full amount.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled, SerializationFailure

from keys.domain.holds import hold_op, hold_texts, release_op, settle_op
from keys.domain.limits import LimitState
from keys.ports import Hold, HoldRequest, Refusal
from routing.adapters.hold_hints import HoldHint, HoldHints
from routing.adapters.postgres_link import LinkError, PostgresLink
from routing.ports import LedgerUnavailable, RecordBuilder
from tenants.failpoints import FailpointError, failpoint

HOLD_SECONDS = 1.5
END_SECONDS = 5.0
LINGER_SECONDS = 0.02
MAX_BATCH = 256
MAX_WAITING = 100_000

REPEATABLE = (SerializationFailure, DeadlockDetected, LockNotAvailable, QueryCanceled)  # nothing has happened there
FAILURES = (LinkError, msgspec.DecodeError, msgspec.ValidationError)
_AGAIN = (
    b"select keys_hold_again($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::bigint, $6::timestamptz, $7::uuid[],"
    b" $8::uuid[], $9::uuid[], $10::bigint, $11::int)"
)
_HOLD = b"select keys_hold($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::bigint, $6::bool, $7::int, $8::bool)"
_EXCHANGE = b"select keys_exchange($1::jsonb)::text"
_END = b"select routing_record($1::jsonb), keys_exchange($2::jsonb)::text"

_log = logging.getLogger(__name__)


class _Admission(msgspec.Struct):
    ok: bool
    limits: tuple[LimitState, ...] = ()
    reason: str = ""
    limit: LimitState | None = None
    hint: HoldHint | None = None


class _Ending(msgspec.Struct):
    ok: bool
    overrun: int = 0
    reason: str = ""


@dataclass(slots=True)
class _Waiting:
    request: HoldRequest
    answer: asyncio.Future[Hold | Refusal]
    until: float


@dataclass(slots=True)
class _Entry:
    """What is to be written together: the end of a hold, a usage record, or both."""

    op: Mapping[str, Any] | None
    record: RecordBuilder | None


@dataclass(slots=True)
class LedgerCounters:
    """Figures for the metrics page."""

    hold_batches: int = 0
    holds: int = 0
    holds_lost: int = 0
    entries: int = 0
    entries_lost: int = 0
    overruns: int = 0
    late: int = 0


_read_admission = msgspec.json.Decoder(_Admission).decode
_read_admissions = msgspec.json.Decoder(list[_Admission]).decode
_read_endings = msgspec.json.Decoder(list[_Ending]).decode
_write = msgspec.json.Encoder().encode


class PostgresLedger:
    """Implements `routing.ports.Ledger`; bound to one event loop."""

    def __init__(self, url: str) -> None:
        self.counters = LedgerCounters()
        self._admissions = PostgresLink(
            url, name="gateway holds", settings=("set statement_timeout = '1400ms'", "set lock_timeout = '1200ms'")
        )
        self._endings = PostgresLink(url, name="gateway settlements", settings=("set statement_timeout = '5s'",))
        self._hints = HoldHints()
        self._holds: deque[_Waiting] = deque()
        self._entries: deque[_Entry] = deque()
        self._lane_taken = False
        self._admitting: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def waiting(self) -> int:
        """How many settlements and records are not written yet."""
        return len(self._entries)

    async def open(self) -> None:
        """Connect both lanes; refuses an unsafe database role."""
        await self._admissions.open()
        await self._endings.open()

    async def hold(self, request: HoldRequest) -> Hold | Refusal:
        """Admit or refuse within HOLD_SECONDS. A call that finds the lane free takes it, without a task between."""
        loop = asyncio.get_running_loop()
        until = loop.time() + HOLD_SECONDS
        if self._lane_taken:
            waiting = _Waiting(request, loop.create_future(), until)
            self._holds.append(waiting)
            return await waiting.answer
        self._lane_taken = True
        try:
            return await self._hold_alone(request, until)
        finally:
            self._pass_lane()

    def end(self, hold: Hold, amount: int | None, record: RecordBuilder | None = None) -> None:
        """Queue the settlement or release of a hold."""
        self._queue(_Entry(release_op(hold) if amount is None else settle_op(hold, amount), record))

    def record(self, record: RecordBuilder) -> None:
        """Queue a usage record."""
        self._queue(_Entry(None, record))

    async def close(self, *, seconds: float) -> None:
        """Write what is waiting, for `seconds` at most, and close the connections."""
        self._closing = True
        tasks = {task for task in (self._admitting, self._ending) if task is not None}
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        if self._entries:
            _log.error("stopped with %d settlements or records not written", len(self._entries))
        await self._admissions.close()
        await self._endings.close()

    # Holds

    def _pass_lane(self) -> None:
        """Whoever had the lane is done: what collected meanwhile goes out together."""
        self._lane_taken = bool(self._holds)
        if self._holds:
            self._admitting = asyncio.get_running_loop().create_task(self._admit())

    async def _hold_alone(self, request: HoldRequest, until: float) -> Hold | Refusal:
        try:
            answer = (await self._ask([request], until))[0]
        except FAILURES as error:
            self._note_loss(1, error)
            if not isinstance(error, LinkError) or error.unknown:
                self._give_back(request)
            raise LedgerUnavailable(str(error)) from error
        except asyncio.CancelledError:
            self._give_back(request)
            raise
        self.counters.hold_batches += 1
        self.counters.holds += 1
        return answer

    async def _admit(self) -> None:
        try:
            batch = [self._holds.popleft() for _ in range(min(len(self._holds), MAX_BATCH))]
            await self._admit_batch(batch)
        finally:
            self._admitting = None
            self._pass_lane()

    async def _admit_batch(self, batch: Sequence[_Waiting]) -> None:
        try:
            answers = await self._ask([waiting.request for waiting in batch], batch[0].until)
        except FAILURES as error:
            self._lose(batch, error)
            return
        self.counters.hold_batches += 1
        self.counters.holds += len(batch)
        for waiting, answer in zip(batch, answers, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(answer)
            elif isinstance(answer, Hold):
                self._give_back(waiting.request)

    async def _ask(self, requests: Sequence[HoldRequest], until: float) -> list[Hold | Refusal]:
        """One call; once more when the store refused it for a collision, of which nothing remains there."""
        try:
            if len(requests) == 1:
                return [await self._ask_alone(requests[0], until)]
            return await self._exchange(requests, until)
        except LinkError as error:
            if error.broken or error.unknown or not _repeatable(error):
                raise
        return await self._exchange(requests, until)

    async def _ask_alone(self, request: HoldRequest, until: float) -> Hold | Refusal:
        """The short ways: with what is known of the key, else with a look at it."""
        known = self._hints.parameters(request)
        if known is not None:
            used = await self._call(_AGAIN, known, until)
            if used is not None:
                return self._hints.admitted(request, used)
            self._hints.forget(request)
        answer = _read_admission(await self._call(_HOLD, hold_texts(request), until) or b"null")
        if answer.hint is not None:
            self._hints.learn(request, answer.hint, answer.limits)
        return _verdict(request, answer)

    async def _exchange(self, requests: Sequence[HoldRequest], until: float) -> list[Hold | Refusal]:
        ops = _write([hold_op(request) for request in requests])
        answers = _read_admissions(await self._call(_EXCHANGE, [ops], until) or b"null")
        return [_verdict(request, answer) for request, answer in zip(requests, answers, strict=True)]

    async def _call(self, statement: bytes, parameters: Sequence[bytes | None], until: float) -> bytes | None:
        seconds = max(until - asyncio.get_running_loop().time(), 0.05)
        return (await self._admissions.texts(statement, parameters, seconds=seconds))[0]

    def _lose(self, batch: Sequence[_Waiting], error: Exception) -> None:
        self._note_loss(len(batch), error)
        for waiting in batch:
            if not waiting.answer.done():
                waiting.answer.set_exception(LedgerUnavailable(str(error)))
            if not isinstance(error, LinkError) or error.unknown:
                self._give_back(waiting.request)

    def _note_loss(self, count: int, error: Exception) -> None:
        _log.warning("%d holds were not answered: %s", count, error)
        self.counters.holds_lost += count

    def _give_back(self, request: HoldRequest) -> None:
        self._queue(_Entry(release_op(Hold(request.tenant_id, request.hold_id, request.amount)), None))

    # Settlements and records

    def _queue(self, entry: _Entry) -> None:
        if len(self._entries) >= MAX_WAITING:
            self.counters.entries_lost += 1
            return
        self._entries.append(entry)
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._end())

    async def _end(self) -> None:
        pause = LINGER_SECONDS
        try:
            while self._entries:
                if not self._closing:
                    await asyncio.sleep(pause)
                batch = [self._entries.popleft() for _ in range(min(len(self._entries), MAX_BATCH))]
                if await self._end_batch(batch):
                    pause = LINGER_SECONDS if len(self._entries) < MAX_BATCH else 0
                else:
                    self._entries.extendleft(reversed(batch))
                    pause = min(max(pause, 0.05) * 2, 1.0)
                    await asyncio.sleep(pause if self._closing else 0)
        finally:
            self._ending = None

    async def _end_batch(self, batch: Sequence[_Entry]) -> bool:
        """Write a batch; False when it must be tried again because the connection failed."""
        try:
            failpoint("gateway.settle.before")
            await self._write(batch)
        except (LinkError, FailpointError) as error:
            if isinstance(error, LinkError) and not (error.broken or error.unknown or _repeatable(error)):
                return await self._end_apart(batch, error)
            _log.warning("%d settlements or records wait: %s", len(batch), error)
            return False
        failpoint("gateway.settle.after")
        self.counters.entries += len(batch)
        return True

    async def _end_apart(self, batch: Sequence[_Entry], error: Exception) -> bool:
        """The store refused the batch: write its entries one by one, so that a faulty one spoils no other."""
        if len(batch) > 1:
            return all([await self._end_batch([entry]) for entry in batch])
        entry = batch[0]
        self.counters.entries_lost += 1
        _log.error("a usage record or settlement was refused by the store: %s", error)
        if entry.op is not None and entry.record is not None:
            return await self._end_batch([_Entry(entry.op, None)])
        return True

    async def _write(self, batch: Sequence[_Entry]) -> None:
        """Records first, so that the limits' rows are locked as shortly as possible."""
        records = [row for entry in batch if (row := _built(entry)) is not None]
        ops = [entry.op for entry in batch if entry.op is not None]
        columns = await self._endings.texts(_END, (_write(records), _write(ops)), seconds=END_SECONDS)
        for ending in _read_endings(columns[1] or b"[]"):
            self.counters.overruns += ending.overrun > 0
            self.counters.late += not ending.ok and ending.reason == "expired"


def _repeatable(error: LinkError) -> bool:
    return isinstance(error.__cause__, REPEATABLE)


def _built(entry: _Entry) -> Mapping[str, Any] | None:
    """The usage record as JSON data; one that cannot be built is lost, its settlement is not."""
    try:
        return entry.record() if entry.record is not None else None
    except Exception:
        _log.exception("a usage record could not be built")
        return None


def _verdict(request: HoldRequest, answer: _Admission) -> Hold | Refusal:
    if answer.ok:
        return Hold(request.tenant_id, request.hold_id, request.amount, answer.limits)
    return Refusal(answer.reason, answer.limit)
