"""Checks data against a schema and says in plain words what is wrong with it.

A validator reports every branch of every alternative that did not fit; a person needs the one that was meant. Of
several branches the one is explained whose own kind of value was given and that fits deepest. Keys are called unknown
only if no alternative knows them.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from workflows.domain.dsl import schema, validator
from workflows.domain.faults import Problem, suggestion

Path = tuple[str | int, ...]


def _(text: str) -> str:
    """Mark for translation."""
    return text


TYPES: Final[Mapping[str, str]] = {
    "string": _("text"),
    "object": _("a mapping"),
    "array": _("a list"),
    "integer": _("a whole number"),
    "number": _("a number"),
    "boolean": _("true or false"),
    "null": _("empty"),
}
# by the name of the definition or property in which the pattern stands
PATTERNS: Final[Mapping[str, str]] = {
    "duration": _("a duration such as PT5M or {minutes: 5}, or an expression ${ … }"),
    **dict.fromkeys(
        ("wait", "delay", "after", "every", "from", "to", "expiresIn"),
        _("a duration such as PT5M or {minutes: 5}, or an expression ${ … }"),
    ),
    "endpoint": _("an address with its scheme, such as https://…, or an expression ${ … }"),
    "uriTemplate": _("an address with its scheme, such as https://…, or an expression ${ … }"),
    "error": _("an address with its scheme, such as https://…, or an expression ${ … }"),
    "eventProperties": _("an address with its scheme, such as https://…, or an expression ${ … }"),
    "runtimeExpression": _("an expression ${ … }"),
    "expression": _("an expression ${ … }"),
    "dsl": _("a version such as 1.0.3"),
    "version": _("a version such as 1.0.0"),
    "namespace": _("letters, digits and hyphens, 63 at most, with a letter or digit at both ends"),
    "name": _("letters, digits and hyphens, 63 at most, with a letter or digit at both ends"),
    "connector": _("a name of letters, digits, dots, hyphens and underscores"),
    "operation": _("a name of letters, digits, dots, hyphens and underscores"),
}


def shape_problems(name: str, part: str, value: Any, path: Path) -> Iterator[Problem]:
    """What keeps `value`, which stands at `path` of the document, from fitting that part of the schema `name`."""
    for error in validator(name, part).iter_errors(value):
        yield from _explained(name, error, path)


def _explained(name: str, error: Any, base: Path) -> Iterator[Problem]:
    path = (*base, *error.instance_path)
    kind = type(error.kind).__name__
    if kind in {"OneOfNotValid", "AnyOf"}:
        yield from _alternatives(name, error, base, path)
    elif kind in {"AdditionalProperties", "UnevaluatedProperties"}:
        yield from _unknown_keys(name, error, path)
    elif made := _SAID.get(kind):
        yield made(error, path)
    else:
        yield Problem(path=path, text=_("This does not fit: %(said)s."), data={"said": str(error.message)[-160:]})


def _alternatives(name: str, error: Any, base: Path, path: Path) -> Iterator[Problem]:
    branches = [branch for branch in error.kind.context if branch]
    fitting = [branch for branch in branches if not _wrong_type(branch, error)]
    if not fitting:
        wanted = list(dict.fromkeys(kind for branch in branches for item in branch for kind in _types(item)))
        yield _type_problem(wanted, error.instance, path)
        return
    if all(type(item.kind).__name__ == "Required" for branch in fitting for item in branch):
        names = dict.fromkeys(item.kind.property for branch in fitting for item in branch)
        yield Problem(path=path, text=_("One of these is missing: %(names)s."), data={"names": ", ".join(names)})
        return
    for item in max(fitting, key=_fit):
        yield from _explained(name, item, base)


def _wrong_type(branch: list[Any], error: Any) -> bool:
    return any(bool(_types(item)) and item.instance_path == error.instance_path for item in branch)


def _types(error: Any) -> list[str]:
    """The types a branch would have taken, if it failed by type alone."""
    kind = type(error.kind).__name__
    if kind == "Type":
        return list(error.kind.types)
    if kind in {"AnyOf", "OneOfNotValid"}:
        below = [_types(item) for branch in error.kind.context for item in branch]
        return [found for types in below for found in types] if all(below) else []
    return []


def _fit(branch: list[Any]) -> tuple[int, int, int]:
    """How well a branch that failed was met: deeply, not for want of a key, with few errors."""
    wanting = sum(type(item.kind).__name__ == "Required" for item in branch)
    return max(len(item.instance_path) for item in branch), -wanting, -len(branch)


def _unknown_keys(name: str, error: Any, path: Path) -> Iterator[Problem]:
    known = _known_keys(name, _parent(schema(name), error.schema_path))
    for key in error.kind.unexpected:
        if key in known:
            continue
        fix, data = suggestion(key, known)
        yield Problem(
            path=(*path, key), text=_("“%(key)s” is not known here."), fix=fix, data={"key": key, **data}, on_key=True
        )


def _parent(node: Any, path: list[str | int]) -> Any:
    for part in path[:-1]:
        node = node[part]
    return node


def _known_keys(name: str, node: Any, *, depth: int = 0) -> set[str]:
    """Every key that any alternative of a schema gives a meaning."""
    if not isinstance(node, dict) or depth > 12:
        return set()
    known = set(node.get("properties", {}))
    if reference := node.get("$ref"):
        target: Any = schema(name)
        for part in reference.partition("#/")[2].split("/"):
            target = target[int(part)] if isinstance(target, list) else target[part]
        known |= _known_keys(name, target, depth=depth + 1)
    for word in ("allOf", "oneOf", "anyOf"):
        for branch in node.get(word, ()):
            known |= _known_keys(name, branch, depth=depth + 1)
    return known


def _type_problem(wanted: list[str], given: Any, path: Path) -> Problem:
    names = [TYPES.get(kind, kind) for kind in wanted]
    data = {"wanted": names[0], "given": _given(given)}
    if len(names) > 1:
        text = _("This must be %(wanted)s or %(other)s, not %(given)s.")
        return Problem(path=path, text=text, data={**data, "other": names[1]})
    return Problem(path=path, text=_("This must be %(wanted)s, not %(given)s."), data=data)


def _given(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return TYPES["null"]
    kinds = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return TYPES[kinds[type(value)]]


def _required(error: Any, path: Path) -> Problem:
    data = {"key": error.kind.property}
    return Problem(path=path, text=_("“%(key)s” is missing."), fix=_("Add it."), data=data)


def _type(error: Any, path: Path) -> Problem:
    return _type_problem(list(error.kind.types), error.instance, path)


def _enum(error: Any, path: Path) -> Problem:
    options = [str(option) for option in error.kind.options]
    fix, data = suggestion(str(error.instance), options)
    shown = {"options": ", ".join(options), **data}
    return Problem(
        path=path, text=_("This must be one of: %(options)s."), fix=fix if "meant" in data else "", data=shown
    )


def _pattern(error: Any, path: Path) -> Problem:
    inner = [str(part) for part in reversed(error.schema_path) if part in PATTERNS]
    outer = [str(part) for part in reversed(path) if part in PATTERNS]
    wanted = PATTERNS[(outer or inner or ["expression"])[0]]
    return Problem(path=path, text=_("This must be %(wanted)s."), data={"wanted": wanted})


def _format(error: Any, path: Path) -> Problem:
    return Problem(path=path, text=_("This is not a valid %(format)s."), data={"format": error.kind.format})


def _several(error: Any, path: Path) -> Problem:
    return Problem(path=path, text=_("Only one of the alternatives here may be used."), fix=_("Remove the others."))


def _negated(error: Any, path: Path) -> Problem:
    return Problem(path=path, text=_("This is not allowed here."))


def _bounded(error: Any, path: Path) -> Problem:
    words = {
        "MinItems": _("There must be at least %(limit)s here."),
        "MaxItems": _("There may be at most %(limit)s here."),
        "MinProperties": _("There must be at least %(limit)s here."),
        "MaxProperties": _("There may be at most %(limit)s here."),
        "MinLength": _("This must have at least %(limit)s characters."),
        "MaxLength": _("This may have at most %(limit)s characters."),
        "Minimum": _("This must be at least %(limit)s."),
        "Maximum": _("This must be at most %(limit)s."),
    }
    return Problem(path=path, text=words[type(error.kind).__name__], data={"limit": error.kind.limit})


_SAID: Final = {
    "Required": _required,
    "Type": _type,
    "Enum": _enum,
    "Pattern": _pattern,
    "Format": _format,
    "OneOfMultipleValid": _several,
    "Not": _negated,
    "FalseSchema": _negated,
    **dict.fromkeys(
        ("MinItems", "MaxItems", "MinProperties", "MaxProperties", "MinLength", "MaxLength", "Minimum", "Maximum"),
        _bounded,
    ),
}
