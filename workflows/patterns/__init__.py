"""The five patterns, read once from the files beside this module; `manage.py check` reports their faults."""

from functools import cache
from pathlib import Path

from workflows.domain.pattern_file import Blocks, read_blocks, read_pattern
from workflows.domain.patterns import Pattern

HERE = Path(__file__).parent
BLOCKS = HERE / "blocks.yaml"
SLUGS = ("orchestrator", "model-router", "adapter", "saga", "choreography")


@cache
def blocks() -> Blocks:
    """What each kind of part is on every platform."""
    return read_blocks(BLOCKS.read_bytes())


@cache
def patterns() -> tuple[Pattern, ...]:
    """All five, in the order of their numbers."""
    return tuple(read(slug) for slug in SLUGS)


def read(slug: str) -> Pattern:
    """The pattern of one file; InvalidDefinition with its faults."""
    return read_pattern(source(slug).encode(), blocks())


def source(slug: str) -> str:
    """The file of a pattern as it stands."""
    return (HERE / f"{slug}.yaml").read_text(encoding="utf-8")


def pattern(slug: str) -> Pattern:
    """The pattern of that slug; LookupError without one."""
    found = next((one for one in patterns() if one.slug == slug), None)
    if found is None:
        raise LookupError(slug)
    return found
