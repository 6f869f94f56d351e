"""Requests for an architecture review from the public page: stored, then mailed to the operator."""

import hashlib
import re
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.errors import Invalid
from tenants.mail import mail_write
from tenants.models import ReviewRequest
from tenants.services.platform import platform_audit

MOST_LINKS = 2
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewWanted:
    """What was written into the form."""

    name: str
    email: str
    company: str
    core: str = ""
    message: str = ""

    @property
    def digest(self) -> bytes:
        """The same words from the same address are the same request."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).digest()


def review_request_create(wanted: ReviewWanted, *, language: str, ip: str, notify: str) -> ReviewRequest:
    """Store the request and write a mail to `notify`. Sent twice, it is stored and mailed once.

    Nothing is ever mailed to the address that was given: whoever writes somebody else's there reaches nobody.
    """
    if len(_LINK.findall(f"{wanted.core} {wanted.message}")) > MOST_LINKS:
        raise Invalid(errors={"message": [_("Leave out the links; %(most)d are enough.") % {"most": MOST_LINKS}]})
    with transaction.atomic():
        fields = asdict(wanted) | {"language": language, "ip": ip}
        # two at once: the loser of the unique digest reads the row of the winner
        request, is_new = ReviewRequest.objects.get_or_create(digest=wanted.digest, defaults=fields)
        if is_new:
            mail_write(to=notify, subject=f"Architecture review: {wanted.company}", body=_body(request))
    return request


def review_request_answered(request_id: UUID, *, actor_label: str) -> None:
    """Mark a request as answered, once."""
    with transaction.atomic():
        open_ones = ReviewRequest.objects.filter(pk=request_id, answered_at__isnull=True)
        if open_ones.update(answered_at=timezone.now()):
            platform_audit(actor_label, "review_request.answered", str(ReviewRequest.objects.get(pk=request_id)), {})


def _body(request: ReviewRequest) -> str:
    lines = {
        "Name": request.name,
        "Email": request.email,
        "Company": request.company,
        "Core systems": request.core or "-",
        "Language": request.language,
        "Received": f"{request.created_at:%Y-%m-%d %H:%M} UTC",
    }
    told = "\n".join(f"{label}: {value}" for label, value in lines.items())
    return f"{told}\n\n{request.message or '(no message)'}\n"
