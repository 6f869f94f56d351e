"""Workers that are there at once: forked from a process that has everything loaded. A process of the fault tests'.

A command a line on standard input, an answer a line on standard output:

    work LOG FAILPOINTS GATEWAY_URL    start a Celery worker; answers with its process id
    end PID                            wait until it has ended; answers with the number of the signal that ended it
    hint TENANT RUN                    tell workers what is due: the run, and mails
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

CELERY = ("worker", "-P", "threads", "-c", "4", "-l", "warning")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


class Nursery:
    """Answers commands; its workers end with it."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._alive: set[int] = set()

    def serve(self) -> None:
        print("ready", flush=True)
        try:
            for line in sys.stdin:
                verb, *rest = line.rstrip("\n").split(" ")
                print(getattr(self, f"do_{verb}")(*rest), flush=True)
        finally:
            for pid in self._alive:
                os.kill(pid, signal.SIGKILL)

    def do_work(self, log: str, failpoints: str, gateway: str) -> int:
        return self._born(log, lambda: self._work(failpoints, gateway))

    def do_end(self, pid: str) -> int:
        _, status = os.waitpid(int(pid), 0)
        self._alive.discard(int(pid))
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    def do_hint(self, tenant: str, run: str) -> int:
        return self.do_end(str(self._born(os.devnull, lambda: _hint(tenant, run))))

    def _born(self, log: str, live: Any) -> int:
        if pid := os.fork():
            self._alive.add(pid)
            return pid
        for number, name in ((0, os.devnull), (1, log), (2, log)):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), number)
        try:
            live()
        finally:
            os._exit(0)

    def _work(self, failpoints: str, gateway: str) -> None:
        from routing.adapters.gateway_client import HttpGateway
        from routing.gateway_port import bind_gateway
        from tenants.failpoints import configure

        if gateway:
            bind_gateway(HttpGateway(gateway))
        configure(failpoints, environment="test")
        self._app.worker_main([*CELERY, *QUIET])


def _hint(tenant: str, run: str) -> None:
    from tenants.mail import mail_hint_due
    from tenants.queue import enqueue
    from tenants.scope import system_scope

    enqueue("workflows.run_drive", system_scope(UUID(tenant), "test"), {"run_id": run})
    mail_hint_due()


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    import django

    django.setup()
    from config.celery import app

    app.loader.import_default_modules()
    app.finalize()
    Nursery(app).serve()


main()
