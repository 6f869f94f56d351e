"""Finds the platforms of this package once, in a fixed order, and refuses one that leaves a code unanswered."""

import importlib
import json
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, ClassVar

import workflows.platforms
from tenants.errors import Invalid
from workflows.domain.faults import nearest
from workflows.platforms.contract import Limit, Platform, Source
from workflows.platforms.vocabulary import KINDS, LIMITS, MEASURED, TRAITS, WHOLE


class UnknownPlatform(Invalid):
    """No platform has this name."""

    code: ClassVar[str] = "unknown_platform"

    def __init__(self, slug: str) -> None:
        known = platforms()
        meant = nearest(slug, known)
        fix = f"Did you mean {meant}?" if meant else f"Known here: {', '.join(known)}."
        super().__init__(f"There is no platform {slug[:40]!r}. {fix}", errors={"platform": [fix]}, known=list(known))


@cache
def platforms() -> Mapping[str, Platform]:
    """Every platform by its slug, the default one first, then by name."""
    found = [one.name for one in pkgutil.iter_modules(workflows.platforms.__path__) if one.ispkg]
    modules = {slug: importlib.import_module(f"workflows.platforms.{slug}.report") for slug in found}
    order = sorted(modules, key=lambda slug: (modules[slug].PLACE, slug))
    return MappingProxyType({slug: _platform(slug, modules[slug]) for slug in order})


def platform_named(slug: str) -> Platform:
    """The platform of a slug; UnknownPlatform names those there are."""
    found = platforms().get(slug)
    if found is None:
        raise UnknownPlatform(slug)
    return found


def _platform(slug: str, module: ModuleType) -> Platform:
    platform = Platform(
        slug=slug,
        name=module.NAME,
        service=module.SERVICE,
        answers=MappingProxyType(dict(module.ANSWERS)),
        bounds=MappingProxyType(dict(module.BOUNDS)),
        limits=_limits(Path(str(module.__file__)).with_name("limits.json")),
    )
    _check(platform)
    return platform


def _limits(path: Path) -> Mapping[str, Limit]:
    stated: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["limits"]
    if odd := stated.keys() ^ LIMITS.keys():
        raise TypeError(f"{path} lacks or does not know {', '.join(sorted(odd))}")
    return MappingProxyType(
        {
            code: Limit(code, one["value"], LIMITS[code][0], Source(one["source"]))
            for code, one in stated.items()
            if one is not None
        }
    )


def _check(platform: Platform) -> None:
    """Every code has an answer, and every limit that is named has a value."""
    if odd := platform.answers.keys() ^ {*KINDS, *TRAITS, *WHOLE}:
        raise TypeError(f"{platform.slug} lacks or does not know {', '.join(sorted(odd))}")
    if odd := platform.bounds.keys() - MEASURED.keys():
        raise TypeError(f"{platform.slug} does not know {', '.join(sorted(odd))}")
    named = {answer.limit for answer in platform.answers.values() if answer.limit}
    named |= {bound.limit for bound in platform.bounds.values()}
    if missing := named - platform.limits.keys():
        raise TypeError(f"{platform.slug} names limits without a value: {', '.join(sorted(missing))}")
