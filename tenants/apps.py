"""App configuration of the kernel."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Kernel: tenants, units, people, scope, audit."""

    name = "tenants"

    def ready(self) -> None:
        """Register the system checks."""
        from tenants import checks  # noqa: F401  # registers on import
