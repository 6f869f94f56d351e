"""System checks: what the code offers and what the tables accept are the same."""

from typing import Any

from django.core.checks import Error, register

from routing.domain.providers import KINDS
from routing.models import Provider


@register("routing")
def provider_kinds_fit(**_: Any) -> list[Error]:
    """A provider kind whose name is longer than its column could be chosen and never saved."""
    width = Provider._meta.get_field("kind").max_length or 0
    return [
        Error(f"the provider kind {slug!r} is longer than {width} characters", obj=Provider, id="routing.E001")
        for slug in KINDS
        if len(slug) > width
    ]
