"""System checks: every kind can be loaded and saved, and its folder says what it is."""

from pathlib import Path
from typing import Any

from django.core.checks import Error, register

from connectors.models import Connector
from connectors.registry import kinds


@register("connectors")
def connector_kinds_fit(**_: Any) -> list[Error]:
    """A kind that cannot be stored or read about must not be offered."""
    width = Connector._meta.get_field("kind").max_length or 0
    folder = Path(__file__).parent / "kinds"
    too_long = [
        Error(f"the kind {slug!r} is longer than {width} characters", obj=Connector, id="connectors.E001")
        for slug in kinds()
        if len(slug) > width
    ]
    silent = [
        Error(f"the kind {slug!r} has no README.md", id="connectors.E002")
        for slug in kinds()
        if not (folder / slug / "README.md").is_file()
    ]
    return [*too_long, *silent]
