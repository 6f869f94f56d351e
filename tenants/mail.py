"""Mails are rows first: written with the change that causes them, sent by a worker, deleted when the server took them.

The message to the broker is only a hint. Without it, or when the mail server does not answer, the sweeper finds the row
when it is due again; after a week of failures it is left for an operator to look at.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tenants.failpoints import failpoint
from tenants.models import OutgoingMail
from tenants.queue import enqueue

TASK = "tenants.mail_send"
LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 30
MAX_WAIT = timedelta(hours=6)


def mail_write(*, to: str, subject: str, body: str) -> OutgoingMail:
    """Write a mail in the present transaction; it leaves after the commit."""
    mail = OutgoingMail.objects.create(recipient=to, subject=" ".join(subject.split())[:300], body=body)
    transaction.on_commit(lambda: enqueue(TASK, None, {"mail_id": str(mail.id)}))
    return mail


def mail_deliver(mail_id: UUID | str) -> bool:
    """Claim one due mail, send it, delete it; False when somebody else has it or it is gone."""
    now = timezone.now()
    due = OutgoingMail.objects.filter(pk=mail_id, due_at__lte=now)
    if not due.update(due_at=now + LEASE, attempts=F("attempts") + 1):
        return False
    mail = OutgoingMail.objects.get(pk=mail_id)
    # a worker that dies after sending sends again; the same id lets the recipient's server see that it is one mail
    message = EmailMessage(
        mail.subject, mail.body, to=[mail.recipient], headers={"Message-ID": f"<{mail.pk}@orchestration>"}
    )
    failpoint("mail.send.before")
    try:
        message.send()
    except OSError:
        OutgoingMail.objects.filter(pk=mail_id).update(due_at=_next_try(mail, now))
        raise
    failpoint("mail.send.after")
    OutgoingMail.objects.filter(pk=mail_id).delete()
    return True


def mail_hint_due(limit: int = 100) -> int:
    """Hint at mails that should have left by now; for the sweeper."""
    waiting = OutgoingMail.objects.filter(due_at__lte=timezone.now(), attempts__lt=MAX_ATTEMPTS).order_by("due_at")
    ids = list(waiting.values_list("pk", flat=True)[:limit])
    for mail_id in ids:
        enqueue(TASK, None, {"mail_id": str(mail_id)})
    return len(ids)


def _next_try(mail: OutgoingMail, now: datetime) -> datetime:
    return now + min(MAX_WAIT, timedelta(seconds=15 * 2 ** min(mail.attempts, 12)))
