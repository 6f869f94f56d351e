"""Links in mails: each is of one approver, for one version of what is shown. They lead to the page and decide nothing.

The token is 256 random bits and stored as a digest. A look-up row finds the tenant before anybody is signed in.
"""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tenants.domain import TenantStatus
from tenants.errors import NotFound
from tenants.mail import mail_write
from tenants.models import Lookup, Tenant, User
from tenants.scope import system_scope, tenant_tx
from tenants.tokens import digest_of, new_token
from workflows.approvals.selectors import members_now, person_of, refusal_now
from workflows.models import Approval, ApprovalLink

PREFIX = "orc-approval-"
KIND = "approval"


@dataclass(frozen=True, slots=True)
class Located:
    """What a link points at."""

    tenant_slug: str
    approval_id: UUID
    user_id: UUID


def tell_approvers(approval: Approval) -> int:
    """Write a mail with a fresh link to everybody who may decide; return how many that are."""
    told = [one.user for one in members_now() if not refusal_now(approval, person_of(one))]
    tenant = Tenant.objects.get(pk=approval.tenant_id)
    for user in told:
        _mail(approval, tenant, user, _issue(approval, user))
    return len(told)


def located(secret: str) -> Located:
    """Where a link leads; NotFound when nobody issued it or its time is over."""
    found = Lookup.objects.filter(kind=KIND, digest=digest_of(secret)).first()
    tenant = Tenant.objects.filter(pk=found.tenant_id, status=TenantStatus.ACTIVE).first() if found else None
    if found is None or tenant is None:
        raise NotFound()
    with tenant_tx(system_scope(tenant.id, "approval link")):
        link: ApprovalLink | None = ApprovalLink.objects.filter(pk=found.object_id).first()
        if link is None or link.expires_at <= timezone.now():
            raise NotFound(_("This link has expired. Look into your approvals."))
        return Located(tenant.slug, link.approval_id, link.user_id)


def usable_link(approval: Approval, secret: str, *, user_id: str, payload_digest: str) -> ApprovalLink | None:
    """The link, where it is that of this person, for what they were shown, and neither used nor withdrawn."""
    link: ApprovalLink | None = ApprovalLink.objects.filter(
        digest=digest_of(secret),
        approval=approval,
        payload_digest=payload_digest,
        used_at__isnull=True,
        revoked_at__isnull=True,
        expires_at__gt=timezone.now(),
    ).first()
    return link if link is not None and str(link.user_id) == user_id else None


def close_links(approval: Approval, *, used: ApprovalLink | None = None) -> None:
    """Withdraw every link of an approval; the one that was used is marked so."""
    now = timezone.now()
    if used is not None:
        ApprovalLink.objects.filter(pk=used.pk).update(used_at=now)
    ApprovalLink.objects.filter(approval=approval, used_at__isnull=True, revoked_at__isnull=True).update(revoked_at=now)


def _issue(approval: Approval, user: User) -> str:
    token = new_token(PREFIX)
    link: ApprovalLink = ApprovalLink.objects.create(
        approval=approval,
        user=user,
        digest=token.digest,
        payload_digest=approval.digest,
        expires_at=approval.expires_at,
    )
    Lookup.objects.create(kind=KIND, digest=token.digest, tenant_id=approval.tenant_id, object_id=link.pk)
    return token.secret


def _mail(approval: Approval, tenant: Tenant, user: User, secret: str) -> None:
    until = approval.expires_at.astimezone(ZoneInfo(tenant.time_zone))
    facts = {
        "tenant": tenant.name,
        "title": approval.title,
        "until": f"{until:%Y-%m-%d %H:%M} ({tenant.time_zone})",
        "address": settings.PUBLIC_URL + reverse("approval-link", args=[secret]),
    }
    with translation.override(user.language or "en"):
        subject = _("Approval needed: %(title)s") % facts
        body = (
            _(
                "%(tenant)s asks for your decision:\n\n    %(title)s\n\nOpen it, sign in and decide by %(until)s:\n"
                "%(address)s\n\nOpening the link decides nothing; only the buttons on the page do."
            )
            % facts
        )
        mail_write(to=user.email, subject=subject, body=body)
