"""Pattern configurations: named instances of the five patterns. They own nothing twice, they point at parts."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantForeignKey, TenantOwned, Unit
from workflows.domain.configurations import MAX_HANDLE, MAX_NAME, ConfigurationStatus, PatternSlug, PlatformSlug
from workflows.models.definitions import Definition
from workflows.models.fields import choices_of


class PatternConfiguration(TenantOwned):
    """One pattern with its parts: a route, a connector with operations by role, or definitions (`participants`).

    Before the first start parts may be missing: what is said here then is what Start makes them of, under the name
    `handle`; `making` holds the deployments of a new route. `made` says that the route or the definitions were made
    here, so that stopping takes them out of service too. Operations are named by text, since a changed connector
    replaces their rows.
    """

    name = models.CharField(_("name"), max_length=MAX_NAME)
    pattern = models.CharField(_("pattern"), max_length=20, choices=choices_of(PatternSlug))
    platform = models.CharField(
        _("target platform"), max_length=12, default=PlatformSlug.CLOUDFLARE, choices=choices_of(PlatformSlug)
    )
    unit = TenantForeignKey(Unit, related_name="+", verbose_name=_("unit"))
    status = models.CharField(
        _("status"), max_length=8, default=ConfigurationStatus.DRAFT, choices=choices_of(ConfigurationStatus)
    )
    handle = models.CharField(max_length=MAX_HANDLE, blank=True)
    route = TenantForeignKey("routing.Route", null=True, blank=True, related_name="+", verbose_name=_("route"))
    connector = TenantForeignKey(
        "connectors.Connector", null=True, blank=True, related_name="+", verbose_name=_("connector")
    )
    operations = models.JSONField(default=dict)
    making = models.JSONField(default=dict)
    made = models.BooleanField(default=False)
    created_by = models.CharField(max_length=254, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_by = models.CharField(max_length=254, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=~Q(status=ConfigurationStatus.ARCHIVED), name="pattern_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PatternParticipant(TenantOwned):
    """A definition of a configuration; `position` orders them."""

    configuration = TenantForeignKey(PatternConfiguration, related_name="participants", on_delete=models.CASCADE)
    definition = TenantForeignKey(Definition, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint("tenant", "configuration", "definition", name="pattern_participant_once"),
        ]
