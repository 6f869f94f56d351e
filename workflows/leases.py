"""The leases this process holds, and the one thread that extends them all.

A step is renewed until its deadline and a little longer. One that hangs beyond it loses its lease, another worker takes
the run over, and whatever the hung one says later is refused by its old epoch.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection

from tenants.ids import uuid7
from workflows import store

logger = logging.getLogger(__name__)
GRACE_SECONDS: Final = 5.0
RENEW_SECONDS: Final = store.LEASE_SECONDS / 3


@dataclass(slots=True)
class Lease:
    """A run in the hands of one worker thread."""

    tenant_id: UUID
    run_id: UUID
    epoch: int
    renew_until: float = 0.0  # monotonic time
    is_lost: bool = False

    def busy_for(self, seconds: float) -> None:
        """Promise to be done by then; without it a lease is renewed for one grace period only."""
        self.renew_until = max(self.renew_until, time.monotonic() + seconds + GRACE_SECONDS)

    def idle(self) -> None:
        """The step is over."""
        self.renew_until = time.monotonic() + GRACE_SECONDS


class Keeper:
    """All leases of a process; its thread starts with the first one."""

    def __init__(self, *, renew_seconds: float = RENEW_SECONDS, lease_seconds: float = store.LEASE_SECONDS) -> None:
        self.lease_seconds = lease_seconds
        self._renew_seconds = renew_seconds
        self._leases: dict[UUID, Lease] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._owner = ""
        self._pid = 0

    @property
    def owner(self) -> str:
        """Name of this process, new after a fork."""
        if self._pid != os.getpid():
            with self._lock:
                self._name_anew()
        return self._owner

    def _name_anew(self) -> None:
        pid = os.getpid()
        if self._pid != pid:
            self._owner, self._thread = f"{socket.gethostname()[:40]}:{pid}:{uuid7().hex[-8:]}", None
            self._pid = pid  # last: whoever reads it without the lock finds the name that goes with it

    @contextmanager
    def holding(self, tenant_id: UUID, run_id: UUID, epoch: int) -> Iterator[Lease]:
        """Keep the lease of a claimed run alive for the block."""
        lease = Lease(tenant_id, run_id, epoch)
        lease.idle()
        with self._lock:
            self._leases[run_id] = lease
            self._ensure_thread()
        try:
            yield lease
        finally:
            with self._lock:
                if self._leases.get(run_id) is lease:
                    del self._leases[run_id]

    def renew(self) -> None:
        """Extend what is still on time; mark what is lost."""
        now = time.monotonic()
        with self._lock:
            current = {run: lease for run, lease in self._leases.items() if lease.renew_until > now}
        if not current:
            return
        given = [(lease.tenant_id, lease.run_id, lease.epoch) for lease in current.values()]
        for run_id in store.renew(self.owner, given, lease_seconds=self.lease_seconds):
            current[run_id].is_lost = True

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(self._renew_seconds)
            try:
                self.renew()
            except (DatabaseError, InterfaceError) as error:  # a lease that cannot be renewed runs out; nothing is lost
                logger.warning("leases could not be renewed: %s", error)
            finally:
                connection.close()  # a pooled one goes back until the next round
            with self._lock:
                if not self._leases:
                    self._thread = None
                    return


keeper = Keeper()
