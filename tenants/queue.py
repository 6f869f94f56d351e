"""The one way to start background work: by task name, after commit, carrying the tenant.

Messages are hints that may be lost, doubled or late. A broker that does not answer must not turn a committed change
into an error, so a failed hint is counted and logged, never raised, and the next ones are not even tried for a while:
a frozen broker costs a caller one timeout of a second, not one for each hint.
"""

import json
import logging
import time
from dataclasses import asdict
from typing import Any

from celery import current_app
from django.db import transaction
from prometheus_client import Counter

from tenants.failpoints import failpoint
from tenants.scope import Scope, current_scope

logger = logging.getLogger(__name__)
FAILED_HINTS = Counter("orchestration_failed_hints_total", "Hints that the broker did not take", ["task"])
PAUSE_SECONDS = 2.0


class _Broker:
    """When the broker may be tried again; a race between threads costs one more try."""

    away_until = 0.0


def enqueue_on_commit(task_name: str, **arguments: Any) -> None:
    """Send the task after the open transaction commits, in the present scope. Arguments must be JSON values."""
    scope = current_scope()
    json.dumps(arguments)  # fail here, not after the commit
    transaction.on_commit(lambda: enqueue(task_name, scope, arguments))


def enqueue(task_name: str, scope: Scope | None, arguments: dict[str, Any]) -> None:
    """Send the task now; whatever goes wrong is counted, logged and swallowed: the sweeper finds the work."""
    failpoint("queue.hint.before")
    if time.monotonic() < _Broker.away_until:
        FAILED_HINTS.labels(task=task_name).inc()
        return
    headers = {"scope": _scope_header(scope)} if scope else {}
    try:
        current_app.send_task(task_name, kwargs=arguments, headers=headers, retry=False, ignore_result=True)
    except Exception as error:  # the caller's change is committed; no fault of the broker may look like one of it
        _Broker.away_until = time.monotonic() + PAUSE_SECONDS
        FAILED_HINTS.labels(task=task_name).inc()
        logger.warning("hint for %s was not taken by the broker: %s", task_name, error)


def _scope_header(scope: Scope) -> dict[str, Any]:
    actor = asdict(scope.actor) | {"roles": sorted(scope.actor.roles)}
    return {"tenant_id": str(scope.tenant_id), "actor": actor, "request_id": scope.request_id, "ip": scope.ip}
