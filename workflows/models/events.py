"""Events, who wants to hear of them, and what became of each for each."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantOwned
from workflows.models.fields import choices_of, unchecked_tenant
from workflows.statuses import DeliveryStatus


class Event(TenantOwned):
    """A published CloudEvent, stored before it is matched. The same source and id again is the same event.

    `attributes` holds every context attribute as text; `data` is JSON, `data_base64` anything else.
    """

    tenant = unchecked_tenant()
    source = models.CharField(_("source"), max_length=300)
    external_id = models.CharField(_("id"), max_length=200)
    type = models.CharField(_("type"), max_length=300)
    attributes = models.JSONField(default=dict)
    data = models.JSONField(null=True)
    data_base64 = models.TextField(blank=True)
    run_id = models.UUIDField(null=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "source", "external_id"], name="event_once")]
        indexes = [models.Index(fields=["tenant", "received_at"], name="event_by_time")]

    def __str__(self) -> str:
        return f"{self.type} {self.external_id}"


class Subscription(TenantOwned):
    """A definition that an event starts, or a run that waits for one.

    An event that has all `attributes` is delivered; `conditions` (attribute to jq) and `correlations` are looked at on
    delivery, outside the transaction that publishes.
    """

    tenant = unchecked_tenant()
    definition_id = models.UUIDField(null=True)
    run_id = models.UUIDField(null=True)
    listener = models.CharField(max_length=600, blank=True)
    attributes = models.JSONField(default=dict)
    conditions = models.JSONField(default=dict)
    correlations = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "run_id", "listener"], name="subscription_listener_once"),
            models.CheckConstraint(
                condition=Q(definition_id__isnull=True) | Q(run_id__isnull=True),
                name="subscription_has_one_owner",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "definition_id"], name="subscription_by_definition")]


class Delivery(TenantOwned):
    """One event for one subscription, written with the event; tried until it succeeds or is dead."""

    tenant = unchecked_tenant()
    event_id = models.UUIDField()
    subscription_id = models.UUIDField()
    definition_id = models.UUIDField(null=True)
    run_id = models.UUIDField(null=True)
    listener = models.CharField(max_length=600, blank=True)
    status = models.CharField(
        _("status"), max_length=10, default=DeliveryStatus.PENDING, choices=choices_of(DeliveryStatus)
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    last_error = models.CharField(max_length=500, blank=True)
    started_run_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        verbose_name_plural = _("deliveries")
        constraints = [models.UniqueConstraint(fields=["tenant", "event_id", "subscription_id"], name="delivery_once")]
        indexes = [
            models.Index(fields=["due_at"], name="delivery_due", condition=Q(status="pending")),
            models.Index(fields=["tenant", "status", "id"], name="delivery_by_status"),
            models.Index(fields=["tenant", "run_id"], name="delivery_by_run"),
        ]
