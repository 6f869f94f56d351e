"""Approvals that runs wait for, and the links that lead to them."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantForeignKey, TenantOwned
from workflows.approvals.domain import RISKS, Status
from workflows.models.fields import choices_of
from workflows.models.runs import Run


def _names() -> "ArrayField[Any, Any]":
    return ArrayField(models.CharField(max_length=254), default=list)


class Approval(TenantOwned):
    """One question to people, for one attempt of one effect. `digest` is that of what is shown; a change of it counts
    `version` up. Nobody in `requesters` may decide.
    """

    run = TenantForeignKey(Run, related_name="approvals", verbose_name=_("run"))
    effect = models.CharField(max_length=600)
    attempt = models.PositiveIntegerField(default=1)
    pointer = models.CharField(max_length=500, blank=True)
    title = models.CharField(_("title"), max_length=300)
    summary = models.TextField(_("summary"), blank=True)
    payload = models.JSONField(null=True)
    risk = models.CharField(_("risk"), max_length=6, default="normal", choices=[(risk, risk) for risk in RISKS])
    approvers = _names()
    requesters = _names()
    digest = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    status = models.CharField(_("status"), max_length=9, default=Status.OPEN, choices=choices_of(Status))
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=254, blank=True)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "run", "effect", "attempt"], name="approval_once"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="approval_expiring", condition=Q(status="open")),
            models.Index(fields=["tenant", "status", "id"], name="approval_by_status"),
        ]

    def __str__(self) -> str:
        return self.title


class ApprovalLink(TenantOwned):
    """A link in a mail to one approver, for one version of what is shown. It locates; it does not authorise."""

    approval = TenantForeignKey(Approval, related_name="links")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest = models.BinaryField(max_length=32)
    payload_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "digest"], name="approval_link_once")]
