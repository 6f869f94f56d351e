"""Tenant, people, units, service accounts, audit, and the abstract base of every tenant-owned table.

Tables without row-level security hold no tenant data and stand in `UNSCOPED` of the architecture tests with the reason:
users, tenants, the look-up table (needed before a tenant is known), configuration stamps, platform tokens and audit.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.domain import Role, TenantStatus, UnitKind
from tenants.errors import WrongTenant
from tenants.ids import uuid7
from tenants.managers import TenantManager, UserManager
from tenants.scope import tx_tenant


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Belongs to no tenant; memberships say where they may do what. `is_staff` is the platform role."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_staff = models.BooleanField(_("platform staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    language = models.CharField(_("language"), max_length=8, blank=True)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Name for greetings and mails."""
        return self.name or self.email


class Tenant(models.Model):
    """A company that uses the product. `cell_id` names the database it lives in; days and months follow `time_zone`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(_("short name in addresses"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    cell_id = models.CharField(_("cell"), max_length=40, default="main")
    time_zone = models.CharField(_("reporting time zone"), max_length=64, default="Asia/Ho_Chi_Minh")
    status = models.CharField(
        _("status"), max_length=12, default=TenantStatus.ACTIVE, choices=[(s.value, s.value) for s in TenantStatus]
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")

    def __str__(self) -> str:
        return self.name


class TenantForeignKey(models.ForeignKey):  # type: ignore[type-arg]  # generic only in the stubs, not at run time
    """Reference to a row of the same tenant. The constraint is the composite one made by `rls.TenantTable`."""

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        kwargs["db_index"] = False  # TenantTable makes the one that starts with the tenant
        super().__init__(to, on_delete, **kwargs)


class TenantOwned(models.Model):
    """Base of every tenant-owned table: random id, tenant, deny-by-default manager, tenant filled in on save."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, editable=False, related_name="+", db_index=False)

    objects: ClassVar[TenantManager[Any]] = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save inside the open tenant transaction only, and only a row of its tenant."""
        self.adopt_tenant()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete inside the open tenant transaction only, and only a row of its tenant."""
        self.adopt_tenant()
        return super().delete(*args, **kwargs)

    def adopt_tenant(self) -> None:
        """Take the tenant of the open transaction; WrongTenant when the row already has another one."""
        tenant_id = tx_tenant()
        present: Any = self.tenant_id  # None on a new row, which the stubs do not know
        if present is None:
            self.tenant_id = tenant_id
        elif present != tenant_id:
            raise WrongTenant("a row of one tenant cannot be written in the scope of another")


class Unit(TenantOwned):
    """A department, customer or project; units form a tree. `path` holds the ids from the root down to itself."""

    parent = TenantForeignKey("self", null=True, blank=True, related_name="children", verbose_name=_("parent unit"))
    kind = models.CharField(_("kind"), max_length=12, choices=[(k.value, k.value) for k in UnitKind])
    name = models.CharField(_("name"), max_length=120)
    path = ArrayField(models.UUIDField(), editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint("tenant", "parent", "name", name="unit_name_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return self.name


def _roles_field() -> "ArrayField[Any, Any]":
    return ArrayField(models.CharField(max_length=12, choices=[(r.value, r.value) for r in Role]))


class Membership(TenantOwned):
    """A person in a tenant, with roles. A break-glass membership of platform staff has a reason and ends by itself."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    roles = _roles_field()
    active = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True)
    break_glass_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint("tenant", "user", name="membership_once")]

    def __str__(self) -> str:
        return str(self.user)


class Invitation(TenantOwned):
    """An invitation by mail; the token is stored as a digest and works once."""

    email = models.EmailField()
    roles = _roles_field()
    digest = models.BinaryField(max_length=32)
    invited_by = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        indexes = [models.Index("tenant", "email", name="invitation_email")]

    def __str__(self) -> str:
        return self.email


class ServiceAccount(TenantOwned):
    """A program that uses the REST API with its own roles."""

    name = models.CharField(_("name"), max_length=120)
    roles = _roles_field()
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint("tenant", "name", name="service_account_name_once")]

    def __str__(self) -> str:
        return self.name


class BearerSecret(TenantOwned):
    """A secret that was shown once and is kept as a digest; abstract. It works until it expires or is revoked."""

    digest = models.BinaryField(max_length=32)
    prefix = models.CharField(max_length=16)
    last4 = models.CharField(max_length=4)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        abstract = True


class ApiToken(BearerSecret):
    """A bearer token of a service account."""

    service_account = TenantForeignKey(ServiceAccount, related_name="tokens")

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint("tenant", "digest", name="api_token_digest_once")]


class AuditEntry(TenantOwned):
    """Who did what, written in the business transaction; `seq`, `previous` and `hash` are set once by the sealer."""

    at = models.DateTimeField(default=timezone.now)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=254)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    object_label = models.CharField(max_length=254)
    changes = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64)
    ip = models.CharField(max_length=45)
    seq = models.BigIntegerField(null=True)
    previous = models.BinaryField(max_length=32, null=True)
    hash = models.BinaryField(max_length=32, null=True)

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index("tenant", "at", "id", name="audit_by_time"),
            models.Index("tenant", "object_type", "object_id", name="audit_by_object"),
            models.Index("tenant", "id", name="audit_unsealed", condition=models.Q(seq__isnull=True)),
        ]
        constraints = [models.UniqueConstraint("tenant", "seq", name="audit_seq_once")]


class AuditHead(TenantOwned):
    """The end of a tenant's audit chain; its row lock serialises sealing, not business transactions."""

    seq = models.BigIntegerField(default=0)
    hash = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint("tenant", name="audit_head_once")]


class IdempotencyRecord(TenantOwned):
    """The answer to a creating call, replayed when the same Idempotency-Key comes again. `status` 0 = in flight."""

    principal = models.CharField(max_length=64)
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint("tenant", "principal", "route", "key", name="idempotency_once"),
        ]


class Lookup(models.Model):
    """Finds the tenant of a digest before any scope exists: keys, tokens, memberships, invitations. No RLS."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16)
    digest = models.BinaryField(max_length=32)
    tenant_id = models.UUIDField()
    object_id = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint("kind", "digest", "object_id", name="lookup_once")]


class ConfigStamp(models.Model):
    """One number per tenant, changed under its row lock whenever something that the gateway reads changes. No RLS."""

    tenant_id = models.UUIDField(primary_key=True)
    version = models.BigIntegerField(default=1)


class PlatformToken(models.Model):
    """A bearer token of the platform operator: creates tenants and invites the first owner, reads no tenant data."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120, unique=True)
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("platform token")
        verbose_name_plural = _("platform tokens")

    def __str__(self) -> str:
        return self.name


class PlatformAuditEntry(models.Model):
    """What platform staff did outside any tenant. Insert-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(default=timezone.now)
    actor_label = models.CharField(max_length=254)
    action = models.CharField(max_length=64)
    object_label = models.CharField(max_length=254)
    changes = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("platform audit entry")
        verbose_name_plural = _("platform audit entries")


class Heartbeat(models.Model):
    """When a background process last finished a round; the status page reads it. No RLS."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()


class OutgoingMail(models.Model):
    """A mail that is written and not yet sent; deleted once it is. No RLS: a password reset belongs to no tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    recipient = models.EmailField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)


class ReviewRequest(models.Model):
    """Somebody outside asks for an architecture review on the public page. No RLS: there is no tenant yet."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(_("received"), default=timezone.now, editable=False)
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("email"))
    company = models.CharField(_("company"), max_length=160)
    core = models.CharField(_("core systems"), max_length=300, blank=True)
    message = models.TextField(_("message"), max_length=4000, blank=True)
    language = models.CharField(_("language"), max_length=8)
    ip = models.CharField(max_length=45, blank=True)
    digest = models.BinaryField(
        max_length=32
    )  # of what was sent, so that a second press of the button is not a second request
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("review request")
        verbose_name_plural = _("review requests")
        constraints = [models.UniqueConstraint("digest", name="review_request_once")]

    def __str__(self) -> str:
        return f"{self.company} ({self.email})"
