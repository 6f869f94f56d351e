"""Finds the functions of this folder once; a name that nobody has is refused with the one that was probably meant."""

import difflib
import importlib
import pkgutil
from functools import cache
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, cast

import workflows.functions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflows.functions.contract import Function

_NOT_FUNCTIONS = frozenset({"contract", "registry"})


class UnknownFunction(LookupError):
    """No function has this name and version."""


_bound: "dict[str, Function]" = {}


def bind_function(name: str, function: "Function") -> None:
    """Add a function that is no file of this folder (benchmarks and tests); it goes before one of the same name."""
    _bound[name] = function


@cache
def functions() -> "Mapping[str, Function]":
    """Every function by its name."""
    names = [found.name for found in pkgutil.iter_modules(workflows.functions.__path__)]
    wanted = [name for name in names if name not in _NOT_FUNCTIONS and not name.startswith("_")]
    return MappingProxyType({name: _checked(importlib.import_module(f"workflows.functions.{name}")) for name in wanted})


def every_function() -> "tuple[Function, ...]":
    """All functions."""
    return tuple({**functions(), **_bound}.values())


def function_named(name: str, version: str = "") -> "Function":
    """The function `name` in `version` (any, if empty)."""
    found = _bound.get(name) or functions().get(name)
    if found is None:
        near = difflib.get_close_matches(name, functions(), 1)
        raise UnknownFunction(f"there is no function {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    if version and version not in found.VERSIONS:
        raise UnknownFunction(f"{name} has the versions {', '.join(found.VERSIONS)}, not {version}")
    return found


def _checked(module: ModuleType) -> "Function":
    missing = [name for name in ("VERSIONS", "NETWORK", "perform") if not hasattr(module, name)]
    if missing:
        raise TypeError(f"{module.__name__} lacks {', '.join(missing)}")
    return cast("Any", module)  # type: ignore[no-any-return]
