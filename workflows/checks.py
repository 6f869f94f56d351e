"""System checks: the pattern files have no faults."""

from typing import Any

from django.core.checks import Error, register

from workflows.domain.faults import InvalidDefinition
from workflows.patterns import BLOCKS, HERE, SLUGS, blocks, read


@register("workflows")
def pattern_files_are_sound(**_: Any) -> list[Error]:
    """A fault in a pattern file would be a broken page; here it names its line."""
    try:
        blocks()
    except InvalidDefinition as error:
        return [_error(BLOCKS.name, str(fault)) for fault in error.faults]
    found = []
    for number, slug in enumerate(SLUGS, start=1):
        try:
            pattern = read(slug)
        except InvalidDefinition as error:
            found += [_error(f"{slug}.yaml", str(fault)) for fault in error.faults]
        else:
            if (pattern.slug, pattern.number) != (slug, number):
                found.append(_error(f"{slug}.yaml", f"slug and number must be {slug} and {number}"))
    return found


def _error(name: str, text: str) -> Error:
    return Error(f"{HERE.name}/{name}: {text}", id="workflows.E001")
