"""Where a document has expressions, what they may use there, and what is wrong with them.

The variables are those of the DSL's table. Of its two contradicting sayings about `$secrets` the strict one holds:
only `input.from` may use it, so that a secret goes no further than its author meant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from workflows.domain.expressions import unwrapped
from workflows.domain.faults import Problem
from workflows.domain.jq import Complaint, JqRefused, parsed, variable_complaints
from workflows.domain.sites import NAMESPACE, Path, Site, as_mapping, at

RUN: Final = frozenset({"workflow", "runtime"})
CONDITION: Final = RUN | {"context", "task"}
DEFINITION: Final = CONDITION | {"input"}
EXPORT: Final = DEFINITION | {"output"}
TEMPLATES: Final[Mapping[str, Path]] = {
    "call": ("with",),
    "set": ("set",),
    "wait": ("wait",),
    "emit": ("emit", "event"),
}
UNSUPPORTED: Final = ("asyncapi", "grpc", "openapi", "a2a", "mcp")  # said once, by name
UNDOING: Final = frozenset({"output", "compensation"})  # what was done, see the engine's rules of compensation
SECRETS: Final = frozenset({"secrets"})


def _(text: str) -> str:
    """Mark for translation."""
    return text


@dataclass(frozen=True, slots=True)
class Use:
    """A value of the document that may hold expressions. `always`: as a text it is one, wrapped or not."""

    path: Path
    value: Any
    variables: frozenset[str]
    always: bool = False


def expression_problems(data: Any, sites: list[Site]) -> Iterator[Problem]:
    for use in _document_uses(data):
        yield from _use_problems(use)
    for site in sites:
        for use in _uses(site):
            yield from _use_problems(use)


def _document_uses(data: Any) -> Iterator[Use]:
    yield Use(("input", "from"), at(data, ("input", "from")), RUN | SECRETS, always=True)
    yield Use(("output", "as"), at(data, ("output", "as")), RUN | {"context"}, always=True)
    yield Use(("timeout", "after"), at(data, ("timeout", "after")), RUN)
    yield from _filter_uses(at(data, ("schedule", "on", "one")), ("schedule", "on", "one"), RUN)
    some = at(data, ("schedule", "on", "any"))
    for index, wanted in enumerate(some if isinstance(some, list) else ()):
        yield from _filter_uses(wanted, ("schedule", "on", "any", index), RUN)
    for kind in ("timeouts", "errors", "authentications"):
        yield Use(("use", kind), at(data, ("use", kind)), DEFINITION)
    for name, policy in as_mapping(at(data, ("use", "retries"))).items():
        yield from _retry_uses(policy, ("use", "retries", name), DEFINITION | {"error"})


def _uses(site: Site) -> Iterator[Use]:
    around = site.variables | (UNDOING if "compensate" in site.within else frozenset())
    body, definition = site.body, DEFINITION | around

    def use(*path: str | int, variables: frozenset[str] = definition, always: bool = False) -> Use:
        return Use((*site.path, *path), at(body, path), variables, always)

    yield use("if", variables=CONDITION | around, always=True)
    yield use("input", "from", variables=CONDITION | SECRETS | around, always=True)
    yield use("output", "as", always=True)
    yield use("export", "as", variables=EXPORT | around, always=True)
    yield use("timeout", "after")
    yield use("metadata", NAMESPACE, "idempotencyKey")
    yield from _kind_uses(site, definition)


def _kind_uses(site: Site, definition: frozenset[str]) -> Iterator[Use]:
    body = site.body
    if site.kind is not None and site.kind in TEMPLATES and body.get("call") not in UNSUPPORTED:
        path = TEMPLATES[site.kind]
        yield Use((*site.path, *path), at(body, path), definition, always=site.kind == "set")
    elif site.kind == "raise" and isinstance(at(body, ("raise", "error")), dict):
        yield Use((*site.path, "raise", "error"), body["raise"]["error"], definition)
    elif site.kind == "listen":
        path = ("listen", "to", "one")
        yield from _filter_uses(at(body, path), (*site.path, *path), definition)
    elif site.kind in {"for", "switch", "try"}:
        yield from {"for": _for_uses, "switch": _switch_uses, "try": _catch_uses}[site.kind](site, definition)


def _for_uses(site: Site, definition: frozenset[str]) -> Iterator[Use]:
    loop = as_mapping(site.body["for"])
    names = {str(loop.get("each", "item")), str(loop.get("at", "index"))}
    yield Use((*site.path, "for", "in"), loop.get("in"), definition, always=True)
    yield Use((*site.path, "while"), site.body.get("while"), definition | names, always=True)


def _switch_uses(site: Site, definition: frozenset[str]) -> Iterator[Use]:
    cases = site.body["switch"]
    for index, entry in enumerate(cases if isinstance(cases, list) else ()):
        for name, case in as_mapping(entry).items():
            when = as_mapping(case).get("when")
            yield Use((*site.path, "switch", index, name, "when"), when, definition, always=True)


def _catch_uses(site: Site, definition: frozenset[str]) -> Iterator[Use]:
    catch, path = as_mapping(site.body.get("catch")), (*site.path, "catch")
    name = catch.get("as")
    inside = definition | {name if isinstance(name, str) else "error"}
    for key in ("when", "exceptWhen"):
        yield Use((*path, key), catch.get(key), inside, always=True)
    yield Use((*path, "errors", "with"), at(catch, ("errors", "with")), definition)
    yield from _retry_uses(catch.get("retry"), (*path, "retry"), inside)


def _retry_uses(policy: Any, path: Path, variables: frozenset[str]) -> Iterator[Use]:
    if not isinstance(policy, dict):
        return
    for key in ("when", "exceptWhen"):
        yield Use((*path, key), policy.get(key), variables, always=True)
    for key in ("delay", "limit", "jitter"):
        yield Use((*path, key), policy.get(key), variables)


def _filter_uses(wanted: Any, path: Path, variables: frozenset[str]) -> Iterator[Use]:
    yield Use((*path, "with"), as_mapping(wanted).get("with"), variables)
    for name, correlation in as_mapping(as_mapping(wanted).get("correlate")).items():
        inner = (*path, "correlate", name)
        yield Use((*inner, "from"), as_mapping(correlation).get("from"), variables, always=True)
        yield Use((*inner, "expect"), as_mapping(correlation).get("expect"), variables)


def _use_problems(use: Use) -> Iterator[Problem]:
    if isinstance(use.value, str):
        inner = unwrapped(use.value)
        if inner is not None or use.always:
            yield from _source_problems(use.value if inner is None else inner, use)
        elif "${" in use.value:
            text = _("“${” inside a text is not evaluated.")
            fix = _('Make the whole text an expression, such as ${ "Dear \\(.name)" }.')
            yield Problem(path=use.path, text=text, fix=fix)
    elif isinstance(use.value, dict | list):
        parts = use.value.items() if isinstance(use.value, dict) else enumerate(use.value)
        for key, part in parts:
            yield from _use_problems(Use((*use.path, key), part, use.variables))


def _source_problems(source: str, use: Use) -> Iterator[Problem]:
    try:
        expression = parsed(source)
    except JqRefused as refused:
        for complaint in refused.complaints:
            yield _problem(complaint, use)
        return
    if "secrets" in expression.variables - use.variables:
        text = _("$secrets may be used in input.from only.")
        fix = _("For authentication name the secret: {bearer: {use: …}}.")
        yield Problem(path=use.path, text=text, fix=fix)
    for complaint in variable_complaints(expression, use.variables | SECRETS):
        yield _problem(complaint, use)


def _problem(complaint: Complaint, use: Use) -> Problem:
    return Problem(path=use.path, text=complaint.text, fix=complaint.fix, data=complaint.data)
