"""`manage.py up`: runs everything on this machine until Ctrl-C."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.supervisor.prepare import CannotStart, prepared


class Command(BaseCommand):
    help = "Run web, gateway, provider, worker, beat and the sandbox model server; Ctrl-C stops all of them."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        from config.supervisor.start import run

        try:
            run(prepared())
        except CannotStart as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("stopped before everything ran") from None
