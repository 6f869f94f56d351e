"""Application configuration of keys."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KeysConfig(AppConfig):
    """Virtual keys, limits and money."""

    name = "keys"
    verbose_name = _("Keys and budgets")

    def ready(self) -> None:
        """Register the system checks of this app."""
        from keys import checks  # noqa: F401
