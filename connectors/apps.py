"""Application configuration of connectors."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConnectorsConfig(AppConfig):
    """Core systems and what protects them."""

    name = "connectors"
    verbose_name = _("Connectors")

    def ready(self) -> None:
        """Register the system checks of this app."""
        from connectors import checks  # noqa: F401
