"""Tables of routing: providers, deployments, routes with immutable versions, and one usage record per request.

`UsageRecord` is written by the SQL function `routing_record` alone; run-time roles may only read it. Like the ledger
it points at others by plain ids, so that a record is never lost because something it names has changed meanwhile.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from routing.domain.control import CacheUse, RequestStatus, RouteStatus
from tenants.models import Tenant, TenantForeignKey, TenantOwned


class Provider(TenantOwned):
    """A place where models are served, with the credential to get in."""

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=40)
    base_url = models.CharField(_("base URL"), max_length=300, blank=True)
    api_version = models.CharField(_("API version"), max_length=40, blank=True)
    credential = TenantForeignKey(
        "keys.ProviderCredential", null=True, blank=True, related_name="+", verbose_name=_("credential")
    )
    region = models.CharField(_("region"), max_length=60, blank=True)
    residency = models.CharField(_("data residency"), max_length=60, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=Q(archived_at__isnull=True), name="provider_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


def _price(label: Any) -> "models.BigIntegerField[Any, Any]":
    """Nano-USD for a million tokens; null = not known, 0 = free."""
    return models.BigIntegerField(label, null=True, blank=True)


class Deployment(TenantOwned):
    """A model at a provider: what it can do and what it costs."""

    name = models.CharField(_("name"), max_length=120)
    provider = TenantForeignKey(Provider, related_name="deployments", verbose_name=_("provider"))
    model = models.CharField(_("model at the provider"), max_length=200)
    context_window = models.PositiveIntegerField(_("context window"), null=True, blank=True)
    max_output_tokens = models.PositiveIntegerField(_("most output tokens"), null=True, blank=True)
    supports_tools = models.BooleanField(_("tools"), default=False)
    supports_json = models.BooleanField(_("JSON mode"), default=False)
    supports_vision = models.BooleanField(_("images"), default=False)
    supports_streaming = models.BooleanField(_("streaming"), default=True)
    price_input = _price(_("input price"))
    price_cached_input = _price(_("cached input price"))
    price_cache_write = _price(_("cache write price"))
    price_output = _price(_("output price"))
    price_reasoning = _price(_("reasoning price"))
    price_source = models.CharField(_("where the prices come from"), max_length=200, blank=True, editable=False)
    quality = models.FloatField(_("quality"), default=0.5)
    enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=Q(archived_at__isnull=True), name="deployment_name_once"
            ),
            models.CheckConstraint(condition=Q(quality__gte=0, quality__lte=1), name="deployment_quality_in_range"),
            models.CheckConstraint(
                condition=Q(archived_at__isnull=True) | Q(enabled=False), name="deployment_archived_is_off"
            ),
            models.CheckConstraint(
                condition=~(
                    Q(price_input__lt=0)
                    | Q(price_cached_input__lt=0)
                    | Q(price_cache_write__lt=0)
                    | Q(price_output__lt=0)
                    | Q(price_reasoning__lt=0)
                ),
                name="deployment_prices_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def priced(self) -> bool:
        """Whether a call can be charged; a hard budget refuses deployments that are not."""
        return self.price_input is not None and self.price_output is not None


class Route(TenantOwned):
    """The model name clients ask for; what it means is said by its current version."""

    name = models.CharField(_("model name for clients"), max_length=120)
    status = models.CharField(
        _("status"), max_length=8, default=RouteStatus.ACTIVE, choices=[(s.value, s.value) for s in RouteStatus]
    )
    current_version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=Q(status=RouteStatus.ACTIVE), name="route_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RouteVersion(TenantOwned):
    """One published specification of a route. Never changed; going back publishes the old one again."""

    route = TenantForeignKey(Route, related_name="versions")
    number = models.PositiveIntegerField()
    spec = models.JSONField()
    digest = models.CharField(max_length=64)
    restored_from = models.PositiveIntegerField(null=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_by = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "route", "number"], name="route_version_once"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class UsageRecord(TenantOwned):
    """One client request and what became of it; `id` is the request id. A null `cost` means that no price was known."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, editable=False, related_name="+", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    virtual_key_id = models.UUIDField(null=True)
    unit_id = models.UUIDField(null=True)
    unit_path = ArrayField(models.UUIDField(), default=list)
    route_id = models.UUIDField(null=True)
    route_version = models.PositiveIntegerField(null=True)
    deployment_id = models.UUIDField(null=True)
    model_asked = models.CharField(max_length=256)
    model_served = models.CharField(max_length=200)
    surface = models.CharField(max_length=24)
    stream = models.BooleanField(default=False)
    status = models.CharField(max_length=9, choices=[(s.value, s.value) for s in RequestStatus])
    http_status = models.PositiveSmallIntegerField(null=True)
    error_code = models.CharField(max_length=80)
    input_tokens = models.BigIntegerField(default=0)
    cached_input_tokens = models.BigIntegerField(default=0)
    cache_write_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    reasoning_tokens = models.BigIntegerField(default=0)
    usage_raw = models.JSONField(null=True)
    usage_estimated = models.BooleanField(default=False)
    cost = models.BigIntegerField(null=True)
    saved = models.BigIntegerField(default=0)
    latency_ms = models.IntegerField(null=True)
    first_token_ms = models.IntegerField(null=True)
    overhead_ms = models.FloatField(null=True)
    attempts = models.JSONField(default=list)
    cache = models.CharField(max_length=4, choices=[(c.value, c.value) for c in CacheUse])
    decision = models.JSONField(null=True)
    run_id = models.UUIDField(null=True)
    hold_ids = ArrayField(models.UUIDField(), default=list)

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index("tenant", models.F("at").desc(), models.F("id").desc(), name="usage_by_time"),
            models.Index("tenant", "route_id", models.F("at").desc(), models.F("id").desc(), name="usage_by_route"),
            models.Index(
                "tenant", "deployment_id", models.F("at").desc(), models.F("id").desc(), name="usage_by_deployment"
            ),
            models.Index("tenant", "virtual_key_id", models.F("at").desc(), models.F("id").desc(), name="usage_by_key"),
            models.Index("tenant", "unit_id", models.F("at").desc(), models.F("id").desc(), name="usage_by_unit"),
            models.Index(fields=["tenant", "run_id"], name="usage_by_run", condition=models.Q(run_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def tokens(self) -> int:
        """All tokens of the request; the buckets do not overlap."""
        buckets = (self.input_tokens, self.cached_input_tokens, self.cache_write_tokens, self.output_tokens)
        return sum(buckets) + self.reasoning_tokens
