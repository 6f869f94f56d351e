"""Tables of connectors: what is configured, the permits that protect the core, and the log of calls.

`Permit` rows are made and taken back by the SQL functions of this app. `CallLog` is append-only: one entry when a call
may be sent, one when it has ended, and one when a look-up settled what became of it later. A call that has only started
long ago is one of a worker that died.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantForeignKey, TenantOwned

PHASES = ("started", "ended", "settled")
STATES = ("waiting", "held", "abandoned")


class PermitPool(TenantOwned):
    """How many calls a core takes at once, over all workers. `max_server_seconds`: how long it may work on one."""

    name = models.CharField(_("core"), max_length=60)
    max_in_flight = models.PositiveIntegerField(_("most calls at once"))
    max_server_seconds = models.FloatField(_("longest work of the core, in seconds"))
    tickets = models.BigIntegerField(default=0, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint("tenant", "name", name="permit_pool_name_once"),
            models.CheckConstraint(condition=Q(max_in_flight__gte=1), name="permit_pool_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name


class Connector(TenantOwned):
    """A core system and how it is reached. `stopped_at` is the off switch: no call starts while it is set."""

    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("title"), max_length=120, blank=True)
    config = models.JSONField(_("configuration"), default=dict)
    credential = TenantForeignKey(
        "keys.ProviderCredential", null=True, blank=True, related_name="+", verbose_name=_("credential")
    )
    pool = TenantForeignKey(PermitPool, related_name="connectors")
    max_wait_seconds = models.FloatField(_("longest wait for a permit, in seconds"), default=30.0)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    stopped_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint("tenant", "name", name="connector_name_once")]

    def __str__(self) -> str:
        return self.title or self.name


class Operation(TenantOwned):
    """One declared operation of a connector; `document` is what `connectors.domain.document` reads."""

    connector = TenantForeignKey(Connector, related_name="operations", on_delete=models.CASCADE)
    name = models.CharField(_("name"), max_length=60)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    effect = models.CharField(_("effect"), max_length=5, choices=[("read", "read"), ("write", "write")])
    document = models.JSONField(default=dict)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint("tenant", "connector", "name", name="operation_name_once")]

    def __str__(self) -> str:
        return self.name


class Permit(TenantOwned):
    """The right to have one call in flight, or a place in the line for one. The id is the call's.

    A held permit counts until `returns_at`: its lease and then the time the core may still be working.
    """

    pool = TenantForeignKey(PermitPool, related_name="permits", on_delete=models.CASCADE)
    connector_id = models.UUIDField()
    operation = models.CharField(max_length=60)
    state = models.CharField(max_length=9, choices=[(state, state) for state in STATES])
    ticket = models.BigIntegerField()
    asked_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    returns_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        indexes = [models.Index("tenant", "pool", "ticket", name="permit_line")]


class CallLog(TenantOwned):
    """One entry of the log of calls. Payloads are shown with personal and secret fields masked.

    `output` is the canonical answer of a confirmed write, kept whole because the same key must give it again.
    """

    call_id = models.UUIDField()
    phase = models.CharField(max_length=7, choices=[(phase, phase) for phase in PHASES])
    connector_id = models.UUIDField()
    connector_version = models.PositiveIntegerField()
    operation = models.CharField(max_length=60)
    effect = models.CharField(max_length=5, choices=[("read", "read"), ("write", "write")])
    idempotency_key = models.CharField(max_length=200, blank=True)
    number = models.PositiveIntegerField()
    digest = models.BinaryField(max_length=32)
    actor = models.CharField(max_length=254, blank=True)
    at = models.DateTimeField(default=timezone.now)
    lease_seconds = models.FloatField()
    duration_ms = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=9, blank=True)
    code = models.CharField(max_length=60, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=9, default="call")
    sent: Any = models.JSONField(null=True)
    received: Any = models.JSONField(null=True)
    output: Any = models.JSONField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint("tenant", "call_id", "phase", name="call_phase_once"),
            models.UniqueConstraint(
                fields=["tenant", "connector_id", "operation", "idempotency_key", "number"],
                condition=Q(phase="started") & ~Q(idempotency_key=""),
                name="call_try_once",
            ),
        ]
        indexes = [models.Index("tenant", "connector_id", "id", name="call_by_connector")]
