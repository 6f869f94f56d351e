"""Which part of the DSL is supported: each task against the schema of its own kind, and what is refused by name."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from workflows.domain.dsl import CATALOG, CATALOG_VERSION
from workflows.domain.faults import Problem, suggestion
from workflows.domain.shape import shape_problems
from workflows.domain.sites import KINDS, NAMESPACE, Path, Site, as_mapping, at, block_problems, inner_blocks

CALLS: Final[Mapping[str, int]] = {"asyncapi": 0, "grpc": 1, "http": 2, "openapi": 3, "a2a": 4, "mcp": 5}
ANY_FUNCTION: Final = 6
CATALOGUED: Final = re.compile(r"([^:@/]+):([^:@/]+)@([^:@/]+)")
REFUSED: Final[Mapping[Path, str]] = {
    ("use", "extensions"): "use.extensions",
    ("use", "catalogs"): "use.catalogs",
    ("schedule", "every"): "schedule.every",
    ("schedule", "cron"): "schedule.cron",
    ("schedule", "after"): "schedule.after",
    ("schedule", "on", "all"): "schedule.on.all",
    ("schedule", "on", "until"): "schedule.on.until",
}
AUTHENTICATIONS: Final = ("digest", "oauth2", "oidc")


def _(text: str) -> str:
    """Mark for translation."""
    return text


def unsupported(path: Path, name: str, *, on_key: bool = True) -> Problem:
    return Problem(path=path, text=_("“%(name)s” is not supported yet."), data={"name": name}, on_key=on_key)


def document_problems(data: Any) -> Iterator[Problem]:
    """The document without its tasks."""
    if not isinstance(data, dict):
        yield from shape_problems("dsl", "", data, ())
        return
    bare = {**data, "do": [] if isinstance(data.get("do"), list) else data.get("do")}
    if "do" not in data:
        del bare["do"]
    if isinstance(at(data, ("use", "functions")), dict):
        bare["use"] = {key: value for key, value in data["use"].items() if key != "functions"}
    yield from shape_problems("dsl", "", bare, ())
    for name, body in as_mapping(at(data, ("use", "functions"))).items():
        if not isinstance(body, dict):
            yield Problem(path=("use", "functions", name), text=_("A function is one task, written as a mapping."))
    yield from _root_keys(data)
    yield from entry_problems(data.get("do"), ("do",))
    yield from _document_profile(data)


def entry_problems(block: Any, path: Path) -> Iterator[Problem]:
    for index in block_problems(block):
        text = _("Each entry of a block is one task: its name, a colon, and the task.")
        yield Problem(path=(*path, index), text=text)


def _root_keys(data: Mapping[str, Any]) -> Iterator[Problem]:
    """The schema leaves the root open; a misspelt key there would go unnoticed."""
    known = {"document", "input", "use", "do", "timeout", "output", "schedule"}
    for key in data.keys() - known:
        fix, found = suggestion(key, known)
        text = _("“%(key)s” is not known here.")
        yield Problem(path=(key,), text=text, fix=fix, data={"key": key, **found}, on_key=True)


def _document_profile(data: Mapping[str, Any]) -> Iterator[Problem]:
    version = at(data, ("document", "dsl"))
    if isinstance(version, str) and not re.match(r"1\.0\.[0-3](\D|$)", version):
        text = _("DSL version %(version)s is not supported.")
        yield Problem(path=("document", "dsl"), text=text, fix=_("Use 1.0.3."), data={"version": version[:40]})
    if NAMESPACE in as_mapping(at(data, ("document", "metadata"))):
        text = _("“orchestration” belongs to the metadata of a task.")
        yield Problem(path=("document", "metadata", NAMESPACE), text=text, on_key=True)
    for path, name in REFUSED.items():
        if at(data, path) is not None:
            yield unsupported(path, name)
    for name, policy in as_mapping(at(data, ("use", "authentications"))).items():
        yield from authentication_problems(policy, ("use", "authentications", name))


def authentication_problems(policy: Any, path: Path) -> Iterator[Problem]:
    for kind in AUTHENTICATIONS:
        if kind in as_mapping(policy):
            yield unsupported((*path, kind), kind)


def task_problems(site: Site, functions: frozenset[str]) -> Iterator[Problem]:
    """One task without the tasks inside it."""
    for inner in inner_blocks(site):
        yield from entry_problems(at(site.body, inner.path), (*site.path, *inner.path))
    if site.kind is None:
        yield _kind_problem(site)
        return
    if site.kind == "run":
        kinds = [kind for kind in ("container", "script", "shell", "workflow") if kind in as_mapping(site.body["run"])]
        yield unsupported((*site.path, "run"), " ".join(["run", *kinds[:1]]))
        return
    yield from _policy_problems(site)
    if site.kind == "call":
        yield from _call_problems(site, functions)
        return
    yield from shape_problems("dsl", f"/$defs/{site.kind}Task", without_blocks(site), site.path)
    if site.kind == "listen":
        yield from _listen_problems(site)


def without_blocks(site: Site) -> dict[str, Any]:
    """The body with its inner tasks taken out, so that each is checked once and by its own kind."""
    bare = dict(site.body)
    for inner in inner_blocks(site):
        if inner.around != "compensate" and isinstance(at(bare, inner.path), list):
            _put(bare, inner.path, [])
    return bare


def _put(bare: dict[str, Any], path: Path, value: Any) -> None:
    node = bare
    for part in path[:-1]:
        node[str(part)] = dict(node[str(part)])
        node = node[str(part)]
    node[str(path[-1])] = value


def _kind_problem(site: Site) -> Problem:
    if found := site.kinds:
        text = _("The task “%(name)s” is of several kinds: %(kinds)s.")
        data = {"name": site.name, "kinds": ", ".join(found)}
        return Problem(path=site.path, text=text, fix=_("Make it several tasks."), data=data, on_key=True)
    own = {"if", "input", "output", "export", "timeout", "then", "metadata", "with", "catch", "while", "foreach"}
    for key in site.body.keys() - own:
        fix, data = suggestion(key, KINDS)
        if "meant" in data:
            text = _("“%(key)s” is not a kind of task.")
            return Problem(path=(*site.path, key), text=text, fix=fix, data={"key": key, **data}, on_key=True)
    text = _("The task “%(name)s” does not say what it does.")
    fix = _("Give it one of: %(kinds)s.")
    data = {"name": site.name, "kinds": ", ".join(KINDS)}
    return Problem(path=site.path, text=text, fix=fix, data=data, on_key=True)


def _policy_problems(site: Site) -> Iterator[Problem]:
    metadata = as_mapping(site.body.get("metadata"))
    if NAMESPACE in metadata:
        yield from shape_problems(NAMESPACE, "", metadata[NAMESPACE], (*site.path, "metadata", NAMESPACE))


def _call_problems(site: Site, functions: frozenset[str]) -> Iterator[Problem]:
    called = site.body["call"]
    path = (*site.path, "call")
    if isinstance(called, str) and called in functions:
        yield from _call_shape(site, ANY_FUNCTION)
    elif isinstance(called, str) and called in CALLS and called != "http":
        yield unsupported(path, called, on_key=False)
    elif called == "http":
        yield from _call_shape(site, CALLS["http"])
        authentication = at(site.body, ("with", "endpoint", "authentication"))
        yield from authentication_problems(authentication, (*site.path, "with", "endpoint", "authentication"))
    elif not isinstance(called, str):
        yield from _call_shape(site, ANY_FUNCTION)
    elif "://" in called:
        yield unsupported(path, "a function by its address", on_key=False)
    else:
        yield from _call_shape(site, ANY_FUNCTION)
        yield from _catalog_problems(site, called, functions)


def _call_shape(site: Site, branch: int) -> Iterator[Problem]:
    return shape_problems("dsl", f"/$defs/callTask/oneOf/{branch}", dict(site.body), site.path)


def _catalog_problems(site: Site, called: str, functions: frozenset[str]) -> Iterator[Problem]:
    path = (*site.path, "call")
    found = CATALOGUED.fullmatch(called)
    if found and found[3] != "default":
        text = _("The catalog “%(name)s” is not known.")
        yield Problem(path=path, text=text, fix=_("Use the catalog “default”."), data={"name": found[3]})
        return
    name, version = (found[1], found[2]) if found else (called, CATALOG_VERSION)
    if name not in CATALOG:
        names = {*functions, "http", *(f"{item}:{CATALOG_VERSION}@default" for item in CATALOG)}
        fix, data = _function_suggestion(name, names)
        yield Problem(
            path=path, text=_("The function “%(name)s” does not exist."), fix=fix, data={"name": name, **data}
        )
        return
    if found is None or version != CATALOG_VERSION:
        full = {"full": f"{name}:{CATALOG_VERSION}@default"}
        yield Problem(path=path, text=_("A function is called by its full name."), fix=_("Write %(full)s."), data=full)
    yield from shape_problems("functions", f"/$defs/{name}", site.body.get("with", {}), (*site.path, "with"))


def _function_suggestion(name: str, names: set[str]) -> tuple[str, dict[str, str]]:
    by_short = {full.partition(":")[0]: full for full in names}
    fix, data = suggestion(name, by_short)
    if "meant" in data:
        return fix, {"meant": by_short[data["meant"]]}
    return suggestion(name, names)


def _listen_problems(site: Site) -> Iterator[Problem]:
    to = as_mapping(as_mapping(site.body["listen"]).get("to"))
    for key in ("all", "any"):
        if key in to:
            yield unsupported((*site.path, "listen", "to", key), f"listen {key}")
    if "foreach" in site.body:
        yield unsupported((*site.path, "foreach"), "foreach")
