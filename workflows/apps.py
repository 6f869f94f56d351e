"""Application configuration of workflows."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowsConfig(AppConfig):
    """Definitions, runs and events."""

    name = "workflows"
    verbose_name = _("Workflows")

    def ready(self) -> None:
        """Register the system checks."""
        from workflows import checks  # noqa: F401  # registers on import
