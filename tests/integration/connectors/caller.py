"""One call of the demo's connector in a process of its own.

usage: python caller.py TENANT_ID OPERATION KEY NAME=VALUE…
"""

import os
import sys
from pathlib import Path
from uuid import UUID


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from connectors.services import operation_call
    from tenants.scope import system_scope, use_scope

    tenant, operation, key, *pairs = sys.argv[1:]
    value = dict(pair.split("=", 1) for pair in pairs)
    with use_scope(system_scope(UUID(tenant), "caller")):
        print(operation_call("demo_core", operation, input=value, idempotency_key=key))


main()
