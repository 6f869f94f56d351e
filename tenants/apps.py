"""App configurations of the kernel and of the platform admin."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class TenantsConfig(AppConfig):
    """Kernel: tenants, units, people, scope, audit."""

    name = "tenants"
    default = True

    def ready(self) -> None:
        """Register the system checks."""
        from tenants import checks  # noqa: F401  # registers on import


class PlatformAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site, see `tenants.admin_site`."""

    default = False
    default_site = "tenants.admin_site.PlatformSite"
