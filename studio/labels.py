"""The words for states, in one place, so that a state is called the same everywhere and in both languages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STATUS_LABELS = {
    "active": _("Active"),
    "invited": _("Invited"),
    "suspended": _("Suspended"),
    "closed": _("Closed"),
    "revoked": _("Revoked"),
    "expired": _("Expired"),
    "expiring": _("Expires soon"),
    "disabled": _("Disabled"),
    "enabled": _("Enabled"),
    "draft": _("Draft"),
    "published": _("Published"),
    "archived": _("Archived"),
    "ok": pgettext_lazy("status", "OK"),
    "cached": _("From cache"),
    "refused": _("Refused"),
    "failed": _("Failed"),
    "cut": _("Cut off"),
    "cancelled": _("Cancelled"),
    "hit": _("Hit"),
    "miss": _("Miss"),
    "off": pgettext_lazy("status", "Off"),
    "held": _("Held"),
    "settled": _("Settled"),
    "released": _("Released"),
    "overrun": _("Overrun"),
    "winner": _("Chosen"),
    "kept": _("Kept"),
    "dropped": _("Dropped"),
    "tried": _("Tried, failed"),
    "standby": _("Next in line"),
    "up": _("Working"),
    "healthy": _("Healthy"),
    "degraded": _("Degraded"),
    "down": _("Down"),
    "stale": _("Stale"),
    "unknown": _("Unknown"),
    "pending": _("Pending"),
    "running": _("Running"),
    "waiting": _("Waiting"),
    "compensating": _("Undoing"),
    "completed": _("Completed"),
    "faulted": _("Faulted"),
    "compensated": _("Undone"),
    "compensation_failed": _("Undo failed"),
    "approved": _("Approved"),
    "rejected": _("Rejected"),
}


def status_label(status: str) -> str:
    """The word for a status; one without a word is shown as it is written in the API."""
    return str(STATUS_LABELS.get(status, status.replace("_", " ").capitalize()))
