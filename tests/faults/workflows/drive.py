"""A worker process for fault tests: takes one run as far as it goes, and dies where FAILPOINTS says.

usage: python drive.py TENANT_ID RUN_ID
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
    from tenants.scope import system_scope, use_scope
    from workflows.engine import run_drive

    with use_scope(system_scope(UUID(sys.argv[1]), "worker")):
        print(run_drive(UUID(sys.argv[2])))


main()
