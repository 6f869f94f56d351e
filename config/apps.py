"""Last in INSTALLED_APPS: binds ports to adapters once every app is loaded."""

from django.apps import AppConfig


class CompositionConfig(AppConfig):
    """The composition root."""

    name = "config"
    label = "composition"

    def ready(self) -> None:
        """Bind ports, freeze registries, arm failpoints, watch new connections for unsafe roles."""
        from config import wiring

        wiring.bind()
