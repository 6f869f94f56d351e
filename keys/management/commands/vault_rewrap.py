"""`manage.py vault_rewrap [--new-data-keys]`: wrap all tenant keys by the current root key, or replace them too."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from keys.services import data_key_rotate, data_keys_rewrap
from tenants.scope import system_scope, tenant_tx
from tenants.selectors import tenant_list


class Command(BaseCommand):
    """After changing the root key: VAULT_ROOT_KEY="<new> <old>", run this everywhere once, then drop the old one."""

    help = "Wrap all tenant keys by the current root key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--new-data-keys also seals every secret again."""
        parser.add_argument("--new-data-keys", action="store_true", help="seal all secrets again by new data keys")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work tenant by tenant, each in its own transaction."""
        work = data_key_rotate if options["new_data_keys"] else data_keys_rewrap
        for tenant in tenant_list().order_by("slug"):
            with tenant_tx(system_scope(tenant.id, "vault_rewrap")):
                done = work()
            self.stdout.write(f"{tenant.slug}: {done}")
