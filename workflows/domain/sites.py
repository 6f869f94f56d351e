"""Where the tasks of a document are: every task with its place, its neighbours and what is around it.

Works on documents with faults: what is not a task is passed over here and reported by the check of its shape.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

Path = tuple[str | int, ...]

# `for` and `try` come before `do`, which a `for` has as well
KINDS: Final = ("for", "try", "call", "do", "emit", "fork", "listen", "raise", "run", "set", "switch", "wait")
NAMESPACE: Final = "orchestration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A task in a document. `within` names what is around it, outermost first; `variables` are those it may use."""

    path: Path
    name: str
    body: Mapping[str, Any]
    beside: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()

    @property
    def kind(self) -> str | None:
        """Its kind of task, None if it has none or several."""
        found = self.kinds
        return found[0] if len(found) == 1 else None

    @property
    def kinds(self) -> list[str]:
        found = [kind for kind in KINDS if kind in self.body]
        return [kind for kind in found if kind != "do"] if "for" in found and len(found) == 2 else found

    @property
    def policy(self) -> Mapping[str, Any]:
        return as_mapping(as_mapping(self.body.get("metadata")).get(NAMESPACE))


@dataclass(frozen=True, slots=True)
class Inner:
    """A block inside a task: where it is, what it is called in `within`, and the variables it adds."""

    path: Path
    around: str
    variables: frozenset[str] = frozenset()


def as_mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def at(value: Any, path: Path) -> Any:
    """What is at a path, None if nothing is."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def sites(data: Any) -> Iterator[Site]:
    """Every task of a document in its order: its functions first, each task before what is inside it."""
    for name, body in as_mapping(at(data, ("use", "functions"))).items():
        if isinstance(body, dict):
            yield from _site_and_below(
                Site(path=("use", "functions", name), name=name, body=body, within=("function",))
            )
    yield from _block(data, ("do",), Site(path=(), name="", body={}))


def inner_blocks(site: Site) -> Iterator[Inner]:
    """The blocks of a task, compensation last."""
    body = site.body
    if "for" in body:
        loop = as_mapping(body["for"])
        names = {_text(loop.get("each"), "item"), _text(loop.get("at"), "index")}
        yield Inner(("do",), "for", frozenset(names))
    elif "do" in body:
        yield Inner(("do",), "do")
    if "fork" in body:
        yield Inner(("fork", "branches"), "fork")
    if "try" in body:
        yield Inner(("try",), "try")
        error = _text(as_mapping(body.get("catch")).get("as"), "error")
        yield Inner(("catch", "do"), "catch", frozenset({error}))
    if "compensate" in site.policy:
        yield Inner(("metadata", NAMESPACE, "compensate"), "compensate")


def block_problems(block: Any) -> Iterator[int]:
    """The places in a block where something else than one named task is."""
    for index, entry in enumerate(block if isinstance(block, list) else ()):
        if not isinstance(entry, dict) or len(entry) != 1 or not isinstance(next(iter(entry.values())), dict):
            yield index


def _text(value: Any, default: str) -> str:
    return value if isinstance(value, str) else default


def _site_and_below(site: Site) -> Iterator[Site]:
    yield site
    for inner in inner_blocks(site):
        around = replace(
            site,
            within=(*site.within, inner.around),
            variables=site.variables | inner.variables,
        )
        yield from _block(at(site.body, inner.path), (*site.path, *inner.path), around, found=True)


def _block(data: Any, path: Path, around: Site, *, found: bool = False) -> Iterator[Site]:
    block = data if found else at(data, path)
    if not isinstance(block, list):
        return
    wrong = set(block_problems(block))
    tasks = [(index, *next(iter(entry.items()))) for index, entry in enumerate(block) if index not in wrong]
    beside = tuple(name for _, name, _ in tasks)
    for index, name, body in tasks:
        yield from _site_and_below(
            Site(
                path=(*path, index, name),
                name=name,
                body=body,
                beside=beside,
                within=around.within,
                variables=around.variables,
            )
        )
