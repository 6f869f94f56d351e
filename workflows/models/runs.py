"""Runs, their history, their timers, and the signals that wait for them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantForeignKey, TenantOwned
from workflows.models.definitions import Definition, DefinitionVersion
from workflows.models.fields import choices_of, unchecked_tenant
from workflows.statuses import RunStatus


class Run(TenantOwned):
    """One execution of a definition version.

    `wake_at` is when the run next needs a worker, null while nothing can happen. Whoever holds the lease with the
    highest `lease_epoch` may record; `recoveries` counts leases that ended without progress. `signal_count` numbers
    what arrives from outside, `history_count` what is recorded.
    """

    tenant = unchecked_tenant()
    definition = TenantForeignKey(Definition, related_name="runs", verbose_name=_("definition"))
    version = TenantForeignKey(DefinitionVersion, related_name="+", db_index=False, verbose_name=_("version"))
    status = models.CharField(_("status"), max_length=20, default=RunStatus.PENDING, choices=choices_of(RunStatus))
    input = models.JSONField(null=True)
    output = models.JSONField(null=True)
    error = models.JSONField(null=True)
    state = models.JSONField(null=True)
    history_count = models.PositiveIntegerField(default=0)
    signal_count = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_epoch = models.BigIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)
    recoveries = models.PositiveSmallIntegerField(default=0)
    suspended_reason = models.CharField(max_length=300, blank=True)
    started_by = models.CharField(_("started by"), max_length=254, blank=True)
    event_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index(fields=["wake_at"], name="run_due", condition=Q(wake_at__isnull=False)),
            models.Index(fields=["tenant", "status", "id"], name="run_by_status"),
            models.Index(fields=["tenant", "definition", "id"], name="run_by_definition"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class RunEvent(TenantOwned):
    """One line of a run's history; numbers start at 1 and have no gaps. Append-only."""

    tenant = unchecked_tenant()
    run_id = models.UUIDField()
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    type = models.CharField(max_length=60)
    pointer = models.CharField(max_length=500, blank=True)
    iteration = models.CharField(max_length=200, blank=True)
    generation = models.PositiveIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    data = models.JSONField(default=dict)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "run_id", "number"], name="run_event_number_once")]


class RunSignal(TenantOwned):
    """Something from outside that a run has not looked at yet: an event, an answer, a request to cancel."""

    tenant = unchecked_tenant()
    run_id = models.UUIDField()
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    data = models.JSONField()

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "run_id", "number"], name="run_signal_number_once")]


class Timer(TenantOwned):
    """A moment a run waits for. The earliest one of a run is also its `wake_at`."""

    tenant = unchecked_tenant()
    run_id = models.UUIDField()
    name = models.CharField(max_length=600)
    due_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "run_id", "name"], name="timer_name_once")]
