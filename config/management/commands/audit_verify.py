"""`manage.py audit_verify`: proof that nobody changed the audit log, or the first row that somebody did."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.models import Tenant
from tenants.sealing import Verification, verify_tenant
from tenants.selectors import tenant_list


class Command(BaseCommand):
    help = "Verify the audit chain of every tenant; exits with 1 when one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="tenant", help="only these tenants")

    def handle(self, *args: Any, slugs: list[str], **options: Any) -> None:
        tenants = tenant_list().order_by("slug")
        chosen = list(tenants.filter(slug__in=slugs) if slugs else tenants)
        if missing := set(slugs) - {tenant.slug for tenant in chosen}:
            raise CommandError(f"no such tenant: {', '.join(sorted(missing))}")
        results = [(tenant, verify_tenant(tenant.id)) for tenant in chosen]
        for tenant, result in results:
            self.stdout.write(_line(tenant, result))
        if any(result.reason for _tenant, result in results):
            sys.exit(1)


def _line(tenant: Tenant, result: Verification) -> str:
    if result.reason:
        row = f", row {result.bad_id}" if result.bad_id else ""
        return f"{tenant.slug}: BROKEN at number {result.bad_seq}{row}: {result.reason}; {result.unsealed} unsealed"
    return f"{tenant.slug}: intact, {result.sealed} sealed, {result.unsealed} unsealed"
