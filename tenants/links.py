"""Addresses of pages that mails point at."""

from django.conf import settings
from django.urls import reverse


def invitation_url() -> str:
    """Address of the page that accepts an invitation, with `{token}` in it."""
    path = reverse("invitation-accept", args=["TOKEN"]).replace("TOKEN", "{token}")
    return f"{settings.PUBLIC_URL}{path}"
