"""Tables of keys and money.

The counters of `LimitPeriod`, `Hold` and `LedgerEntry` are written by the SQL functions of this app alone; every
run-time role may only read them. These tables carry no foreign key to the tenant and point at others by plain ids:
row-level security already ties every row to its tenant, and a reference check per admission would lock the same tenant
row from every process.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keys.domain.ledger import EntryKind
from keys.domain.limits import MAX_LIMIT, LimitScope, Meter, Window
from keys.domain.policy import KeyStatus
from tenants.models import BearerSecret, Tenant, TenantForeignKey, TenantOwned, Unit


def _unchecked_tenant() -> "models.ForeignKey[Any, Any]":
    """The tenant column of a table that only SQL functions write."""
    return models.ForeignKey(
        Tenant, on_delete=models.PROTECT, editable=False, related_name="+", db_index=False, db_constraint=False
    )


class VirtualKey(TenantOwned):
    """What an application calls the gateway with. Belongs to a unit; its secrets can change without it."""

    unit = TenantForeignKey(Unit, related_name="+", verbose_name=_("unit"))
    name = models.CharField(_("name"), max_length=120)
    allowed_models = ArrayField(models.CharField(max_length=120), default=list, blank=True, verbose_name=_("models"))
    status = models.CharField(
        _("status"), max_length=8, default=KeyStatus.ACTIVE, choices=[(s.value, s.value) for s in KeyStatus]
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    created_by = models.CharField(max_length=254, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint("tenant", "unit", "name", name="virtual_key_name_once")]

    def __str__(self) -> str:
        return self.name


class VirtualKeySecret(BearerSecret):
    """One secret of a key. Two live ones overlap after a rotation until the older one expires."""

    virtual_key = TenantForeignKey(VirtualKey, related_name="secrets")

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint("tenant", "digest", name="virtual_key_digest_once")]


class Limit(TenantOwned):
    """So much of a meter in a calendar window, for one key, for a unit with all below it, or for the tenant."""

    virtual_key = TenantForeignKey(VirtualKey, null=True, blank=True, related_name="limits")
    unit = TenantForeignKey(Unit, null=True, blank=True, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    meter = models.CharField(_("meter"), max_length=8, choices=[(m.value, m.value) for m in Meter])
    window = models.CharField(_("window"), max_length=8, choices=[(w.value, w.value) for w in Window])
    amount = models.BigIntegerField(_("amount"))
    hard = models.BooleanField(_("refuse above it"), default=True)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0, amount__lte=MAX_LIMIT), name="limit_amount_in_range"),
            models.CheckConstraint(condition=Q(virtual_key=None) | Q(unit=None), name="limit_has_one_scope"),
        ]
        # Admission finds the limits of the tenant itself among thousands of others.
        indexes = [
            models.Index("tenant", name="limit_of_tenant", condition=Q(virtual_key=None, unit=None, active=True))
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> LimitScope:
        """Whose calls this limit covers."""
        if self.virtual_key_id:
            return LimitScope.VIRTUAL_KEY
        return LimitScope.UNIT if self.unit_id else LimitScope.TENANT


class LimitPeriod(TenantOwned):
    """One calendar period of a limit with its counters. A reset is a new row, so it cannot race with calls in flight.

    `amount` and `hard` are those of the limit, kept here too so that admission reads them from the row it locks.
    """

    tenant = _unchecked_tenant()
    limit = TenantForeignKey(Limit, related_name="periods", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    amount = models.BigIntegerField()
    hard = models.BooleanField()
    committed = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    overrun = models.BigIntegerField(default=0)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "limit", "ends_at"], name="limit_period_once"),
            models.CheckConstraint(condition=Q(committed__gte=0), name="period_committed_not_negative"),
            models.CheckConstraint(condition=Q(held__gte=0), name="period_held_not_negative"),
            models.CheckConstraint(condition=Q(overrun__gte=0), name="period_overrun_not_negative"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="period_ends_after_start"),
        ]


class Hold(TenantOwned):
    """The worst case of one admitted call, reserved until it ends; the row exists while it is live.

    `id` is the attempt. `allocations` are the cost periods that carry the amount, `counted` the request periods that
    counted the call.
    """

    tenant = _unchecked_tenant()
    virtual_key_id = models.UUIDField()
    unit_id = models.UUIDField()
    amount = models.BigIntegerField()
    allocations = ArrayField(models.UUIDField(), default=list)
    counted = ArrayField(models.UUIDField(), default=list)
    admitted_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="hold_amount_not_negative")]
        indexes = [models.Index(fields=["expires_at"], name="hold_due")]


class LedgerEntry(TenantOwned):
    """How a hold ended: one terminal entry each, and one `overrun` where the provider billed more than was held."""

    tenant = _unchecked_tenant()
    hold_id = models.UUIDField()
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in EntryKind])
    amount = models.BigIntegerField()
    held = models.BigIntegerField()
    virtual_key_id = models.UUIDField()
    unit_id = models.UUIDField()
    allocations = ArrayField(models.UUIDField(), default=list)
    counted = ArrayField(models.UUIDField(), default=list)
    admitted_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "hold_id"], condition=~Q(kind="overrun"), name="ledger_one_terminal_entry"
            ),
            models.UniqueConstraint(
                fields=["tenant", "hold_id"], condition=Q(kind="overrun"), name="ledger_one_overrun"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0, held__gte=0), name="ledger_amounts_not_negative"),
            models.CheckConstraint(
                condition=Q(kind="overrun", amount__gt=0)
                | Q(kind="released", amount=0)
                | Q(kind="settled", amount__lte=F("held"))
                | Q(kind="expired", amount=F("held")),
                name="ledger_amount_fits_kind",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "at", "id"], name="ledger_by_time")]


class TenantKey(TenantOwned):
    """A data key of the tenant, wrapped by the root key. The highest version seals; all versions open."""

    version = models.PositiveIntegerField()
    wrapped = models.BinaryField(max_length=128)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint("tenant", "version", name="tenant_key_version_once")]

    def __str__(self) -> str:
        return f"version {self.version}"


class ProviderCredential(TenantOwned):
    """The secret a tenant has with a model provider. Written, replaced and deleted; never shown again."""

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("provider"), max_length=40)
    ciphertext = models.BinaryField(max_length=16_384)
    key_version = models.PositiveIntegerField()
    last4 = models.CharField(max_length=4)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    rotated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint("tenant", "name", name="credential_name_once")]

    def __str__(self) -> str:
        return self.name
