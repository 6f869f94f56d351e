"""A worker process for tests of permits: makes calls through the demo's connector in threads, prints how each ended.

usage: python worker.py TENANT_ID CALLS THREADS [DELAY_BEFORE_NAME]
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.db import connections

    from connectors.services import operation_call
    from tenants.scope import system_scope, use_scope

    tenant, calls, threads = UUID(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    print("ready", flush=True)
    sys.stdin.readline()

    def call(number: int) -> str:
        with use_scope(system_scope(tenant, "worker")):
            outcome = operation_call("demo_core", "account_read", input={"account": "50000970"}, deadline_seconds=60)
        connections.close_all()
        return outcome.error.code if outcome.error else str(outcome.kind)

    with ThreadPoolExecutor(threads) as pool:
        for ended in pool.map(call, range(calls)):
            print(ended, flush=True)


main()
