"""The newest edits of workflows: versions that were published and configurations that were changed, with who did it."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from studio.terms import PATTERN_NAMES
from workflows.models import DefinitionVersion, PatternConfiguration
from workflows.selectors import version_recent
from workflows.selectors_patterns import configuration_list


def recent_edits(slug: str, count: int) -> list[dict[str, Any]]:
    """Entries for `components/timeline.html`, newest first."""
    versions = [_version(slug, one) for one in version_recent()[:count]]
    changed = configuration_list(archived=True).order_by("-changed_at")[:count]
    entries = [*versions, *(_configuration(slug, one) for one in changed)]
    return sorted(entries, key=lambda entry: entry["at"], reverse=True)[:count]


def _version(slug: str, version: DefinitionVersion) -> dict[str, Any]:
    return {
        "at": version.created_at,
        "title": f"{version.definition} {version.version}",
        "text": _("Published by %(who)s") % {"who": version.created_by},
        "url": reverse("definition-show", args=[slug, version.definition_id]),
    }


def _configuration(slug: str, row: PatternConfiguration) -> dict[str, Any]:
    return {
        "at": row.changed_at,
        "title": f"{row.name} · {PATTERN_NAMES[row.pattern]}",
        "text": _("Changed by %(who)s") % {"who": row.changed_by},
        "url": reverse("pattern-show", args=[slug, row.pk]),
    }
