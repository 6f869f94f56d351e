"""What one part of a document says of another: flow, names under `use`, functions, and values with a meaning."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import jsonschema_rs

from workflows.domain.expressions import unwrapped
from workflows.domain.faults import Problem, suggestion
from workflows.domain.retry import seconds
from workflows.domain.sites import Path, Site, as_mapping, at

REGEX: Final = jsonschema_rs.RegexOptions(size_limit=1 << 18)  # one that never backtracks
DIRECTIVES: Final = ("continue", "exit", "end")
CATALOGUED_TEXTS: Final = (("with", "expiresIn"),)


def _(text: str) -> str:
    """Mark for translation."""
    return text


def reference_problems(data: Any, sites: list[Site]) -> Iterator[Problem]:
    """Everything of the document that points to a name which is not there, or is there twice."""
    names = {key: _names(at(data, ("use", key))) for key in ("authentications", "errors", "functions", "retries")}
    names |= {key: _names(at(data, ("use", key))) for key in ("secrets", "timeouts")}
    for site in sites:
        yield from _name_problems(site)
        yield from _then_problems(site)
        yield from _use_problems(site, names)
        yield from _duration_problems(_durations(site))
        yield from _schema_problems(site.body, site.path)
    yield from _document_references(data, names)
    yield from _cycles(sites, names["functions"])


def _names(value: Any) -> frozenset[str]:
    if isinstance(value, list):
        return frozenset(item for item in value if isinstance(item, str))
    return frozenset(as_mapping(value))


def _name_problems(site: Site) -> Iterator[Problem]:
    if site.name in DIRECTIVES:
        text = _("A task cannot be called “%(name)s”: the flow uses that word.")
        yield Problem(path=site.path, text=text, fix=_("Give it another name."), data={"name": site.name}, on_key=True)
    place = site.path[-2]
    if isinstance(place, int) and site.beside.count(site.name) > 1 and _is_repeated(site):
        text = _("There are two tasks “%(name)s” in this block.")
        yield Problem(path=site.path, text=text, fix=_("Rename one of them."), data={"name": site.name}, on_key=True)


def _is_repeated(site: Site) -> bool:
    """Every task of the same name but the first is reported."""
    first = site.beside.index(site.name)
    return int(site.path[-2]) > first


def _then_problems(site: Site) -> Iterator[Problem]:
    yield from _target_problems(site, site.body.get("then"), (*site.path, "then"))
    if site.kind != "switch" or not isinstance(site.body["switch"], list):
        return
    for index, entry in enumerate(site.body["switch"]):
        for name, case in as_mapping(entry).items():
            target = as_mapping(case).get("then")
            yield from _target_problems(site, target, (*site.path, "switch", index, name, "then"))


def _target_problems(site: Site, target: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(target, str):
        return
    if target == "end" and "compensate" in site.within:
        text = _("A compensation cannot end the run.")
        yield Problem(path=path, text=text, fix=_("Use “exit”."))
        return
    reachable = () if site.within[-1:] in {("fork",), ("function",)} else site.beside
    if target in DIRECTIVES or target in reachable:
        return
    fix, data = suggestion(target, {*DIRECTIVES, *reachable})
    text = _("There is no task “%(target)s” in this block to go on with.")
    yield Problem(path=path, text=text, fix=fix, data={"target": target, **data})


def _use_problems(site: Site, names: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
    body = site.body
    yield from _missing(body.get("timeout"), "timeouts", names, (*site.path, "timeout"))
    yield from _missing(at(body, ("catch", "retry")), "retries", names, (*site.path, "catch", "retry"))
    yield from _missing(at(body, ("raise", "error")), "errors", names, (*site.path, "raise", "error"))
    path = ("with", "endpoint", "authentication")
    if site.kind == "call":
        yield from _authentication(at(body, path), names, (*site.path, *path))


def _authentication(policy: Any, names: Mapping[str, frozenset[str]], path: Path) -> Iterator[Problem]:
    yield from _missing(as_mapping(policy).get("use"), "authentications", names, (*path, "use"))
    for kind in ("basic", "bearer"):
        secret = at(policy, (kind, "use"))
        yield from _missing(secret, "secrets", names, (*path, kind, "use"))


def _missing(name: Any, kind: str, names: Mapping[str, frozenset[str]], path: Path) -> Iterator[Problem]:
    if not isinstance(name, str) or name in names[kind]:
        return
    fix, data = suggestion(name, names[kind])
    text = _("“%(name)s” is not declared under use.%(kind)s.")
    yield Problem(path=path, text=text, fix=fix or _("Declare it there."), data={"name": name, "kind": kind, **data})


def _document_references(data: Any, names: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
    yield from _missing(at(data, ("timeout",)), "timeouts", names, ("timeout",))
    for name, policy in as_mapping(at(data, ("use", "authentications"))).items():
        yield from _authentication(policy, names, ("use", "authentications", name))
    yield from _duration_problems(_document_durations(data))
    yield from _schema_problems(as_mapping(data), ())


def _durations(site: Site) -> Iterator[tuple[Path, Any]]:
    for path in (("timeout", "after"), ("wait",)):
        yield (*site.path, *path), at(site.body, path)
    if site.kind == "call":
        yield from (((*site.path, *path), at(site.body, path)) for path in CATALOGUED_TEXTS)
    yield from _retry_durations(at(site.body, ("catch", "retry")), (*site.path, "catch", "retry"))


def _retry_durations(policy: Any, base: Path) -> Iterator[tuple[Path, Any]]:
    for path in (
        ("delay",),
        ("jitter", "from"),
        ("jitter", "to"),
        ("limit", "duration"),
        ("limit", "attempt", "duration"),
    ):
        yield (*base, *path), at(policy, path)


def _document_durations(data: Any) -> Iterator[tuple[Path, Any]]:
    yield ("timeout", "after"), at(data, ("timeout", "after"))
    for name, timeout in as_mapping(at(data, ("use", "timeouts"))).items():
        yield ("use", "timeouts", name, "after"), at(timeout, ("after",))
    for name, policy in as_mapping(at(data, ("use", "retries"))).items():
        yield from _retry_durations(policy, ("use", "retries", name))


def _duration_problems(found: Iterable[tuple[Path, Any]]) -> Iterator[Problem]:
    for path, value in found:
        if isinstance(value, str) and unwrapped(value) is not None:
            continue
        try:
            seconds({} if value is None else value)
        except (ValueError, OverflowError):
            text = _("This must be a duration between nothing and a year.")
            yield Problem(path=path, text=text, fix=_("Write it in weeks, days, hours, … such as P1DT12H or PT30S."))


def _schema_problems(body: Mapping[str, Any], base: Path) -> Iterator[Problem]:
    for part in ("input", "output", "export"):
        path = (*base, part, "schema")
        declared = as_mapping(at(body, (part, "schema")))
        if "resource" in declared:
            text = _("“%(name)s” is not supported yet.")
            yield Problem(path=(*path, "resource"), text=text, data={"name": "schema.resource"}, on_key=True)
        if str(declared.get("format", "json")).partition(":")[0] != "json":
            text = _("Only JSON Schema is supported.")
            yield Problem(path=(*path, "format"), text=text, fix=_("Write “json”."))
        if "document" in declared:
            yield from _schema_document_problems(declared["document"], (*path, "document"))


def _schema_document_problems(schema: Any, path: Path) -> Iterator[Problem]:
    try:
        jsonschema_rs.validator_for(schema, offline=True, pattern_options=REGEX)
    except (ValueError, TypeError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        said = str(error).partition("\n")[0][:200]
        yield Problem(path=path, text=_("This is not a JSON Schema that can be used: %(said)s."), data={"said": said})


def _cycles(sites: list[Site], functions: frozenset[str]) -> Iterator[Problem]:
    """A function that calls itself, directly or through others, would have an endless plan."""
    calls: dict[str, set[str]] = {name: set() for name in functions}
    for site in sites:
        called = site.body.get("call")
        if site.path[:2] == ("use", "functions") and isinstance(called, str) and called in functions:
            calls[str(site.path[2])].add(called)
    for name in sorted(functions):
        if name in _reached(name, calls):
            text = _("The function “%(name)s” calls itself.")
            yield Problem(path=("use", "functions", name), text=text, data={"name": name}, on_key=True)


def _reached(start: str, calls: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(calls[start])
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(calls[name])
    return reached
