"""The sweeper: a plain loop on PostgreSQL that finds due work and does it, whatever the broker is doing.

Runs inside `manage.py beat`. Every duty may run twice or in two places at once; the SQL behind it sees to that.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connections

log = logging.getLogger(__name__)

EXPIRE_BATCH = 500
ROUND_SECONDS = 0.25
HEARTBEAT = """
insert into tenants_heartbeat (name, at) values (%s, now()) on conflict (name) do update set at = excluded.at
"""


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to look after regularly; `act` returns how much it did."""

    name: str
    every_seconds: float
    act: Callable[[], int]


class Sweeper:
    """Carries out duties when they are due; one that fails is logged and tried again at its next turn."""

    def __init__(self, duties: Sequence[Duty]) -> None:
        self._duties = duties
        self._due = {duty.name: 0.0 for duty in duties}

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(ROUND_SECONDS):
            self.round(time.monotonic())

    def round(self, now: float) -> None:
        """Every duty that is due at `now`, once."""
        for duty in self._duties:
            if self._due[duty.name] <= now:
                self._due[duty.name] = now + duty.every_seconds
                self._carry_out(duty)

    def _carry_out(self, duty: Duty) -> None:
        try:
            done = duty.act()
        except Exception:  # the loop outlives any one failure: database restarts, a bug in one duty
            log.exception("sweeper: %s failed; it is tried again", duty.name)
            connections.close_all()
        else:
            if done:
                log.debug("sweeper: %s did %d", duty.name, done)


def duties() -> tuple[Duty, ...]:
    """What this installation looks after."""
    return (
        Duty("heartbeat", 2.0, beat),
        Duty("seal the audit chains", 1.0, seal_audit),
        Duty("expire holds", 1.0, expire_holds),
        Duty("forget old minute periods", 3600.0, prune_periods),
        Duty("wake runs that are due", ROUND_SECONDS, hint_runs),
        Duty("make deliveries that are due", 1.0, hint_deliveries),
        Duty("deny approvals whose time is over", 2.0, expire_approvals),
        Duty("send mails that are due", 15.0, hint_mails),
        Duty("forget idempotency keys", 600.0, forget_idempotency_keys),
    )


def beat() -> int:
    """Tell the status page that the sweeper is alive."""
    with connections["relay"].cursor() as cursor:
        cursor.execute(HEARTBEAT, ["sweeper"])
    return 0


def seal_audit() -> int:
    from tenants.sealing import seal_all

    return seal_all()


def hint_mails() -> int:
    from tenants.mail import mail_hint_due

    return mail_hint_due()


def hint_runs() -> int:
    from workflows.sweeping import hint_due_runs

    return hint_due_runs()


def hint_deliveries() -> int:
    from workflows.sweeping import hint_due_deliveries

    return hint_due_deliveries()


def expire_approvals() -> int:
    from workflows.approvals.sweeping import expire_approvals as expire

    return expire()


def forget_idempotency_keys() -> int:
    from tenants.idempotency import forget_old_records

    return forget_old_records()


def expire_holds() -> int:
    """End holds whose time has passed, in batches, until none is left."""
    total = 0
    with connections["relay"].cursor() as cursor:
        while True:
            cursor.execute("select keys_expire(%s)", [EXPIRE_BATCH])
            expired: int = cursor.fetchone()[0]
            total += expired
            if expired < EXPIRE_BATCH:
                return total


def prune_periods() -> int:
    """Forget the counters of minutes long past; the ledger keeps what happened in them."""
    from keys.services import periods_prune

    return periods_prune()
