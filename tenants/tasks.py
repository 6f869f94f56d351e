"""Celery tasks of the kernel, and the task base that enters the scope a message carries."""

from typing import Any
from uuid import UUID

from celery import Task, shared_task
from django.core.mail import send_mail

from tenants.domain import Role
from tenants.scope import Actor, Scope, use_scope


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


@shared_task(name="tenants.mail_send", autoretry_for=(OSError,), retry_backoff=True, max_retries=8)
def mail_send(*, subject: str, body: str, to: list[str]) -> None:
    """Send one mail; a mail server that does not answer is tried again for about an hour."""
    send_mail(subject, body, None, to)
