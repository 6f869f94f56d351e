"""The Celery application: hints only, PostgreSQL is the truth. JSON messages, no results, no ETA tasks."""

import os
import warnings
from typing import Any

from celery import Celery
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Celery warns root because of pickled messages; ours are JSON
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("orchestration")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect(weak=False)
def refuse_unsafe_worker(**_: Any) -> None:
    """End the worker before it takes work; SystemExit, because Celery swallows what handlers raise."""
    import django

    django.setup()
    from config.wiring import refuse_unsafe_start
    from tenants.dbroles import UnsafeRole

    try:
        refuse_unsafe_start()
    except UnsafeRole as error:
        raise SystemExit(str(error)) from error
