"""`manage.py beat`: Celery's schedules and, apart from the broker, the sweeper."""

import signal
import threading
from types import FrameType
from typing import Any

from celery.beat import EmbeddedService, Scheduler
from django.core.management.base import BaseCommand

from config.celery import app
from config.sweeper import Sweeper, duties
from config.wiring import refuse_unsafe_start


class Command(BaseCommand):
    help = "Send scheduled tasks and look after due work. Several may run; one is enough."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_unsafe_start()
        stop = threading.Event()

        def ask(_signal: int, _frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, ask)
        schedules = self._schedules()
        Sweeper(duties()).run(stop)
        if schedules is not None:
            schedules.stop()

    def _schedules(self) -> Any:
        """A thread, so that a frozen broker cannot hold up the sweeper; in memory, since schedules live in code."""
        if not app.conf.beat_schedule:
            return None
        service: Any = EmbeddedService(app, thread=True, scheduler_cls=Scheduler)
        service.start()
        return service
