"""Application configuration of routing."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RoutingConfig(AppConfig):
    """Providers, deployments, routes, usage."""

    name = "routing"
    verbose_name = _("Routing")

    def ready(self) -> None:
        """Register the system checks of this app."""
        from routing import checks  # noqa: F401
