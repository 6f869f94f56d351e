"""`manage.py ledger_check [--tenant SLUG]`: prove that counters, holds and ledger agree; exit 1 when they do not."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from keys.reconcile import ledger_proof
from tenants.scope import system_scope, tenant_tx
from tenants.selectors import tenant_list


class Command(BaseCommand):
    """Check one tenant or all."""

    help = "Prove that counters, holds and ledger agree."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--tenant names one tenant by its short name."""
        parser.add_argument("--tenant", default="", help="short name of one tenant; all when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line per tenant and each counter that is not explained."""
        wanted = {"slug": options["tenant"]} if options["tenant"] else {}
        tenants = list(tenant_list().filter(**wanted).order_by("slug"))
        if not tenants:
            raise CommandError(f"there is no tenant {options['tenant']!r}")
        faults = 0
        for tenant in tenants:
            with tenant_tx(system_scope(tenant.id, "ledger_check")):
                proof = ledger_proof()
            state = "balances" if proof.balances else "DOES NOT BALANCE"
            summary = f"{proof.periods} periods, {proof.entries} entries, {proof.holds} live holds"
            self.stdout.write(f"{tenant.slug}: {state} ({summary})")
            for found in proof.mismatches:
                where = f"{found.limit} {found.period_id}"
                self.stdout.write(f"  {where}: {found.counter} is {found.counted}, ledger says {found.explained}")
            for hold_id in proof.ended_but_live:
                self.stdout.write(f"  hold {hold_id} has ended and is still live")
            faults += not proof.balances
        if faults:
            raise CommandError(f"{faults} tenant(s) do not balance")
