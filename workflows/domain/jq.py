"""What may stand in an expression, and what of it is cheap enough to run in the process that asks.

Expressions are jq, parsed and run by purejq. Everything that reads the surroundings (environment, clock, time zone,
other inputs, streams) or ends the program is refused by name, as is every function and variable that does not exist:
such a mistake shows when a document is checked, not when a payment is half done.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from purejq import JqParseError, Program
from purejq.builtins import PY_BUILTINS
from purejq.parser import parse
from purejq.prelude import prelude_env

from workflows.domain.faults import suggestion

MOST_CHARACTERS: Final = 8_192
MOST_NODES: Final = 2_000
MOST_DEPTH: Final = 80


def _(text: str) -> str:
    """Mark for translation."""
    return text


FORBIDDEN: Final[Mapping[str, str]] = {
    **dict.fromkeys(("env", "$ENV", "get_search_list"), _("reads the environment of the server")),
    **dict.fromkeys(("input", "inputs", "input_filename", "input_line_number"), _("reads other input")),
    **dict.fromkeys(("debug", "stderr"), _("writes to the server's output")),
    **dict.fromkeys(("halt", "halt_error"), _("ends the program")),
    **dict.fromkeys(("now", "localtime", "strflocaltime"), _("depends on when and where it runs")),
    "builtins": _("lists functions that are refused here"),
}
FREE: Final = frozenset({"const", "identity", "emptyarray", "field", "index", "slice", "var", "opt", "loc"})
COMPOSED: Final = frozenset({"pipe", "alt", "and", "or", "collect", "object", "if", "neg", "str", "binop"})
CHEAP_CALLS: Final = frozenset({"length/0", "not/0", "map/1", "select/1", "type/0", "has/1", "keys/0", "tostring/0"})
CHEAP_OPERATORS: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "+", "-"})
MOST_GROWTH: Final = 1_000_000
_COMPILING: Final = Lock()  # purejq keeps the names of the program being compiled in a global


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why an expression cannot be used."""

    text: str
    fix: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of running an expression: work grows with the size of its data to the power of `degree`, times `growth`.

    Degree 0 looks at a bounded number of values, whatever the size. `growth` is how many times over the data may come
    to be in a value on the way: parts of a list add up, and what is piped into one another multiplies.
    """

    degree: int
    growth: int
    variables: frozenset[str]


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression that may be run. `cost` is None outside the portable subset; `variables` are its free ones.

    `parts` names what it is made of: kinds of syntax such as `slice`, and functions as `map/1`.
    """

    source: str
    variables: frozenset[str]
    cost: Cost | None
    parts: frozenset[str] = frozenset()


class JqRefused(Exception):
    """The expression cannot be used; `complaints` say why."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("; ".join(item.text % item.data for item in complaints))


@lru_cache(maxsize=4096)
def parsed(source: str) -> Parsed:
    """The expression, if it may be run; JqRefused otherwise. Its variables are not checked here."""
    tree = _tree(source)
    complaints = list(_call_complaints(tree))
    if complaints:
        raise JqRefused(complaints)
    used = {node[1] for node in _nodes(tree) if node[0] == "var"}
    parts = frozenset(f"{node[1]}/{len(node[2])}" if node[0] == "call" else node[0] for node in _nodes(tree))
    return Parsed(source=source, variables=frozenset(used - _bound(tree)), cost=_cost(tree), parts=parts)


def variable_complaints(expression: Parsed, known: frozenset[str]) -> Iterator[Complaint]:
    """One for each variable that nothing defines."""
    for name in sorted(expression.variables - known):
        fix, data = suggestion(name, known)
        yield Complaint(_("The variable $%(name)s is not known here."), fix, {"name": name, **data})


@lru_cache(maxsize=1024)
def program(source: str) -> Program:
    """A compiled expression of the portable subset."""
    with _COMPILING:
        return Program(source)


def _tree(source: str) -> Any:
    if len(source) > MOST_CHARACTERS:
        _refuse(_("The expression has more than %(most)d characters."), most=MOST_CHARACTERS)
    if not source.strip():
        _refuse(_("The expression is empty."))
    try:
        tree = parse(source)
    except JqParseError as error:
        _refuse(_("This is not valid jq: %(said)s."), said=_readable(str(error)))
    except (ValueError, RecursionError, IndexError):
        _refuse(_("This is not valid jq: %(said)s."), said="a number or nesting is out of bounds")
    count, depth = _measured(tree)
    if count > MOST_NODES or depth > MOST_DEPTH:
        _refuse(_("The expression is too large or nested too deeply."))
    return tree


def _readable(said: str) -> str:
    """The parser's words without its names of token kinds."""
    said = re.sub(r"Expected (\w+) (\S+) but got EOF None", r"\2 is missing at the end;", said)
    said = re.sub(r"Expected (\w+) (\S+) but got \w+ (\S+)", r"\2 was expected, not \3,", said)
    return said.replace("Unexpected token None", "something is missing")[:200].rstrip(".")


def _refuse(text: str, **data: Any) -> Any:
    raise JqRefused([Complaint(text, "", data)])


def _nodes(tree: Any) -> Iterator[Any]:
    """Every node of a syntax tree (tuples that begin with their kind), without recursion."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple) and node and isinstance(node[0], str):
            yield node
        if isinstance(node, tuple | list):
            waiting.extend(node)


def _measured(tree: Any) -> tuple[int, int]:
    count, deepest, waiting = 0, 0, [(tree, 1)]
    while waiting and count <= MOST_NODES:
        node, depth = waiting.pop()
        count += 1
        deepest = max(deepest, depth)
        if isinstance(node, tuple | list):
            waiting.extend((part, depth + isinstance(part, tuple)) for part in node if isinstance(part, tuple | list))
    return count, deepest


def _call_complaints(tree: Any) -> Iterator[Complaint]:
    own = {name.removeprefix("$") for node in _nodes(tree) if node[0] == "funcdef" for name in (node[1], *node[2])}
    existing = _functions()
    for node in _nodes(tree):
        if node[0] == "var" and node[1] in {"ENV", "__prog_args"}:
            yield _forbidden(f"${node[1]}", FORBIDDEN["env"])
        if node[0] != "call" or not isinstance(node[2], list) or node[1] in own:
            continue
        name, arity = node[1], len(node[2])
        if name in FORBIDDEN:
            yield _forbidden(name, FORBIDDEN[name])
        elif name.startswith("_") or name not in existing:
            fix, data = suggestion(name, existing)
            yield Complaint(_("The function “%(name)s” does not exist."), fix, {"name": name, **data})
        elif arity not in existing[name]:
            yield Complaint(
                _("The function “%(name)s” does not take %(count)d arguments."), "", {"name": name, "count": arity}
            )


def _forbidden(name: str, why: str) -> Complaint:
    fix = _("Use $workflow.startedAt or $task.startedAt.") if name == "now" else ""
    return Complaint(_("“%(name)s” may not be used: it %(why)s."), fix, {"name": name, "why": why})


@lru_cache(maxsize=1)
def _functions() -> Mapping[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for name, arity in (*PY_BUILTINS, *prelude_env().funcs):
        if name not in FORBIDDEN and not name.startswith("_"):
            found.setdefault(name, set()).add(arity)
    return {name: frozenset(arities) for name, arities in found.items()}


def _bound(tree: Any) -> set[str]:
    """The variables that the expression defines itself, wherever it does."""
    names = {node[1] for node in _nodes(tree) if node[0] == "pvar"}
    for node in _nodes(tree):
        if node[0] == "pobject":
            names |= {entry[2] for entry in node[1] if entry[2]}
        if node[0] == "funcdef":
            names |= {name.removeprefix("$") for name in node[2]}
    return names | {"__loc__"}


def _cost(tree: Any) -> Cost | None:
    """What the portable subset costs: paths, literals, comparison, boolean, construction, `map`, `select`, `//`, …"""
    degree = _degree(tree)
    if degree is None:
        return None
    operators = [node for node in _nodes(tree) if node[0] == "binop"]
    reads_all = any(node[0] == "call" and node[1] in {"keys", "tostring"} for node in _nodes(tree))
    searches = any(node[0] == "index" and not _is_written_out(node[2]) for node in _nodes(tree))
    subtracts = any(node[1] == "-" for node in operators)
    copies = any(node[0] == "str" for node in _nodes(tree)) or any(_takes_two_values(node) for node in operators)
    # looking for one list in another, and taking one from another, compares each with each
    degree = max(degree + 2 * (searches or subtracts) + reads_all, int(copies))
    used = frozenset(node[1] for node in _nodes(tree) if node[0] == "var")
    return Cost(degree=degree, growth=_growth(tree), variables=used)


def _takes_two_values(node: Any) -> bool:
    """A comparison or sum reads its values to their end, unless one of them is written out."""
    return bool(node[1] == "+" or not (_is_written_out(node[2]) or _is_written_out(node[3])))


def _is_written_out(node: Any) -> bool:
    return bool(node[0] == "const" or (node[0] == "neg" and node[1][0] == "const"))


def _growth(node: Any) -> int:
    if node[0] == "pipe":
        return min(_growth(node[1]) * _growth(node[2]), MOST_GROWTH)
    return min(max(1, sum(_growth(part) for part in _children(node))), MOST_GROWTH)


def _degree(node: Any) -> int | None:
    """How deep `map` is nested, one more where a variable is used inside; None outside the subset.

    Nothing in the subset gives more than one result, so that no product of results can grow: a comma stands only
    directly inside `[ ]`.
    """
    kind = node[0]
    if kind == "call":
        return _call_degree(node)
    if kind not in FREE | COMPOSED or (kind == "binop" and node[1] not in CHEAP_OPERATORS):
        return None
    if kind == "str" and node[1] is not None:
        return None
    degrees = [_degree(part) for part in (_elements(node[1]) if kind == "collect" else _children(node))]
    known = [degree for degree in degrees if degree is not None]
    return max(known, default=0) if len(known) == len(degrees) else None


def _call_degree(node: Any) -> int | None:
    if f"{node[1]}/{len(node[2])}" not in CHEAP_CALLS:
        return None
    inner = [_degree(part) for part in node[2]]
    if any(degree is None for degree in inner):
        return None
    deepest = max((degree for degree in inner if degree is not None), default=0)
    if node[1] != "map":
        return deepest
    outside = any(part[0] == "var" for part in _nodes(node[2]))
    return deepest + 1 + (outside and deepest == 0)


def _elements(node: Any) -> Iterator[Any]:
    """What is between the commas of a list."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if part[0] == "comma":
            waiting.extend(part[1:])
        else:
            yield part


def _children(node: Any) -> Iterator[Any]:
    """The nodes directly below; operators, names and values among the parts are not nodes."""
    waiting = list(node[1:]) if node[0] not in {"const", "var", "loc"} else []
    while waiting:
        part = waiting.pop()
        if isinstance(part, tuple) and part and isinstance(part[0], str):
            yield part
        elif isinstance(part, tuple | list):
            waiting.extend(part)
