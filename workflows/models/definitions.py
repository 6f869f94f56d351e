"""Definitions and their immutable versions."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantForeignKey, TenantOwned, Unit
from workflows.models.fields import choices_of
from workflows.statuses import DefinitionStatus


class Definition(TenantOwned):
    """A workflow by its namespace and name; its unit pays for the model calls of its runs."""

    namespace = models.CharField(_("namespace"), max_length=63)
    name = models.CharField(_("name"), max_length=63)
    unit = TenantForeignKey(Unit, null=True, blank=True, related_name="+", verbose_name=_("unit"))
    status = models.CharField(
        _("status"), max_length=8, default=DefinitionStatus.ACTIVE, choices=choices_of(DefinitionStatus)
    )
    current_number = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint("tenant", "namespace", "name", name="definition_name_once")]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class DefinitionVersion(TenantOwned):
    """One published version: the document as it was sent, and the plan made from it. Never changes."""

    definition = TenantForeignKey(Definition, related_name="versions")
    number = models.PositiveIntegerField()
    version = models.CharField(_("version"), max_length=100)
    title = models.CharField(_("title"), max_length=300, blank=True)
    source = models.TextField()
    document = models.JSONField()
    plan = models.JSONField()
    digest = models.CharField(max_length=64)
    created_by = models.CharField(max_length=254, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint("tenant", "definition", "number", name="definition_number_once"),
            models.UniqueConstraint("tenant", "definition", "version", name="definition_version_once"),
        ]

    def __str__(self) -> str:
        return self.version
