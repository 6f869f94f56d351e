"""The kinds of connectors: whatever folder under `kinds/` has a SPEC, read once and frozen."""

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from connectors import kinds as package
from connectors.contract import Spec


class UnknownKind(LookupError):
    """There is no such kind; the text names the nearest one."""


@cache
def kinds() -> Mapping[str, Spec]:
    """Every kind by its slug."""
    found: dict[str, Spec] = {}
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        spec = importlib.import_module(module.name).SPEC
        if spec.slug != module.name.rpartition(".")[2] or spec.slug in found:
            raise RuntimeError(f"{module.name}: the slug of its SPEC must be the name of its folder")
        found[spec.slug] = spec
    return MappingProxyType(found)


def kind(slug: str) -> Spec:
    """One kind; UnknownKind says which one was perhaps meant."""
    spec = kinds().get(slug)
    if spec is None:
        near = difflib.get_close_matches(slug, kinds(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(kinds()))}"
        raise UnknownKind(f"unknown kind {slug!r}{hint}")
    return spec
