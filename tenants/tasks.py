"""Celery tasks of the kernel, and the task base that enters the scope a message carries."""

import logging
from typing import Any
from uuid import UUID

from celery import Task, shared_task

from tenants.domain import Role
from tenants.mail import mail_deliver
from tenants.scope import Actor, Scope, use_scope

logger = logging.getLogger(__name__)


class TenantTask(Task):  # type: ignore[type-arg]  # generic only in the stubs, not at run time
    """Runs its body in the scope of the message; the body opens its own tenant transactions."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Enter the scope and run."""
        header = (self.request.headers or {}).get("scope") or getattr(self.request, "scope", None)
        if header is None:
            raise ValueError(f"task {self.name} was sent without a scope")
        with use_scope(scope_from_header(header)):
            return super().__call__(*args, **kwargs)


def scope_from_header(header: dict[str, Any]) -> Scope:
    """Rebuild the scope that `tenants.queue` put into a message."""
    actor = header["actor"]
    roles = frozenset(Role(role) for role in actor["roles"])
    return Scope(
        tenant_id=UUID(header["tenant_id"]),
        actor=Actor(kind=actor["kind"], id=actor["id"], label=actor["label"], roles=roles),
        request_id=header["request_id"],
        ip=header["ip"],
    )


@shared_task(name="tenants.mail_send")
def mail_send(*, mail_id: str) -> None:
    """Send one written mail; one that fails stays written and is tried again later."""
    try:
        mail_deliver(mail_id)
    except OSError as error:
        logger.warning("mail %s was not taken by the mail server: %s", mail_id, error)
