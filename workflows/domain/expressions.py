"""Runtime expressions: jq between `${` and `}`, evaluated within limits.

    ExpressionError              400 expression_error     the expression failed on this data
     └─ ExpressionLimit          400 expression_limit     it met a limit of size, depth, time, memory or output
    EvaluatorUnavailable         503 evaluator_unavailable  nothing could evaluate it just now; try again

A text is an expression only if it is wholly `${ … }`; the fields that always hold one (`if`, `when`, `in`, `while`,
`from`, `as`) may leave the wrapping out. What an expression gives is data: a text in it that looks like an expression
is never evaluated, and neither is anything that comes with an input, an answer or an event.

Numbers: whole numbers are exact at any size, in reading, arithmetic and comparison, so amounts belong in minor units.
Fractions are binary floating point as in every JSON: a fraction that is only carried comes out as it went in, sums of
fractions round (0.1 + 0.2), and dividing whole numbers gives a fraction unless it comes out even. NaN and infinity,
which JSON lacks, are errors.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar, Final, Protocol

from purejq import JqError

from tenants.errors import Invalid, Unavailable
from workflows.domain.jq import Cost, JqRefused, Parsed, parsed, program

WRAPPED: Final = re.compile(r"\s*\$\{(.+)\}\s*", re.DOTALL)
MOST_WORK: Final = 50_000
MOST_GROWTH: Final = 1_000
MOST_BITS: Final = 3_320


def _(text: str) -> str:
    """Mark for translation."""
    return text


class ExpressionError(Invalid):
    """The expression failed on this data."""

    code: ClassVar[str] = "expression_error"
    public_message: ClassVar[str] = _("An expression could not be evaluated.")


class ExpressionLimit(ExpressionError):
    """The expression met a limit."""

    code: ClassVar[str] = "expression_limit"
    public_message: ClassVar[str] = _("An expression needed more than it may use.")


class EvaluatorUnavailable(Unavailable):
    """Every evaluating process is busy or cannot be started."""

    code: ClassVar[str] = "evaluator_unavailable"
    public_message: ClassVar[str] = _("Expressions cannot be evaluated at the moment. Try again shortly.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one evaluation may use. The size of its source is limited where it is parsed."""

    seconds: float = 1.0
    memory_bytes: int = 384 * 1024 * 1024
    output_bytes: int = 1024 * 1024
    output_depth: int = 100


class Evaluator(Protocol):
    """What engine, mappings and filters ask."""

    def evaluate(self, expression: str, input: Any, variables: Mapping[str, Any]) -> Any:  # noqa: A002
        """The one result of an expression (without `${ }`), None if it gives none; ExpressionError otherwise."""
        ...

    def render(self, template: Any, input: Any, variables: Mapping[str, Any]) -> Any:  # noqa: A002
        """The template with every text that is wholly `${ … }` replaced by its result."""
        ...


class Runner(Protocol):
    """Runs any expression where it can do no harm: all results, or ExpressionError, EvaluatorUnavailable."""

    def run(self, source: str, input: Any, variables: Mapping[str, Any], limits: Limits) -> list[Any]: ...  # noqa: A002


class BoundedEvaluator:
    """Runs the portable subset on small data at once, and hands everything else to a runner."""

    def __init__(self, runner: Runner | None = None, *, limits: Limits | None = None) -> None:
        self._runner = runner
        self._limits = limits or Limits()

    def evaluate(self, expression: str, input: Any, variables: Mapping[str, Any]) -> Any:  # noqa: A002
        checked = _checked(expression)
        results = self._results(checked, input, variables)
        if len(results) > 1:
            raise ExpressionError(f"{_short(expression)} gives several results. Put it in [ ].")
        value = results[0] if results else None
        check_output(value, self._limits)
        return value

    def render(self, template: Any, input: Any, variables: Mapping[str, Any]) -> Any:  # noqa: A002
        if isinstance(template, str):
            inner = unwrapped(template)
            return template if inner is None else self.evaluate(inner, input, variables)
        if isinstance(template, Mapping):
            return {key: self.render(item, input, variables) for key, item in template.items()}
        if isinstance(template, list | tuple):
            return [self.render(item, input, variables) for item in template]
        return template

    def _results(self, checked: Parsed, input: Any, variables: Mapping[str, Any]) -> list[Any]:  # noqa: A002
        missing = checked.variables - variables.keys()
        if missing:
            raise ExpressionError(f"{_short(checked.source)} uses ${min(missing)}, which is not defined here.")
        if checked.cost is not None and _is_cheap(checked, checked.cost, input, variables):
            return run_inline(checked, input, variables)
        if self._runner is None:
            raise EvaluatorUnavailable
        used = {name: variables[name] for name in checked.variables}
        return self._runner.run(checked.source, input, used, self._limits)


def unwrapped(text: str) -> str | None:
    """The jq inside `${ … }`; None if the text as a whole is not an expression."""
    found = WRAPPED.fullmatch(text)
    return found[1].strip() if found else None


def expressions_in(template: Any) -> Iterator[str]:
    """Every expression in a template."""
    if isinstance(template, str):
        inner = unwrapped(template)
        yield from () if inner is None else (inner,)
    parts: Iterable[Any] = template.values() if isinstance(template, Mapping) else ()
    if isinstance(template, list | tuple):
        parts = template
    for part in parts:
        yield from expressions_in(part)


def run_inline(checked: Parsed, input: Any, variables: Mapping[str, Any]) -> list[Any]:  # noqa: A002
    """All results of an expression of the portable subset."""
    used = {name: variables[name] for name in checked.variables}
    try:
        return list(program(checked.source).run(input, vars=used))
    except JqError as error:
        # the words of an error quote the data
        said = "it failed" if "secrets" in checked.variables else str(error)
        raise ExpressionError(f"{_short(checked.source)}: {said}") from None
    except RecursionError:
        raise ExpressionLimit(f"{_short(checked.source)} is nested too deeply.") from None
    except (ValueError, OverflowError):
        raise ExpressionLimit(f"{_short(checked.source)}: a number is out of bounds.") from None


def _checked(expression: str) -> Parsed:
    try:
        return parsed(expression)
    except JqRefused as refused:
        raise ExpressionError(f"{_short(expression)}: {refused}") from None


def _short(expression: str) -> str:
    return f"${{ {expression if len(expression) <= 120 else expression[:119] + '…'} }}"


def _is_cheap(checked: Parsed, cost: Cost, input: Any, variables: Mapping[str, Any]) -> bool:  # noqa: A002
    if cost.degree == 0:
        return cost.growth <= MOST_GROWTH
    factor = (1 + len(checked.source) // 256) * cost.growth
    most = int((MOST_WORK / factor) ** (1 / cost.degree))
    return weight_within([input, *(variables[name] for name in cost.variables & variables.keys())], most)


def weight_within(values: Iterable[Any], most: int) -> bool:
    """Whether data is small: one for each value and for every 32 characters. Stops counting beyond `most`."""
    weight, waiting = 0, list(values)
    while waiting:
        value = waiting.pop()
        weight += 1 + (len(value) // 32 if isinstance(value, str) else 0)
        if isinstance(value, dict):
            weight += sum(len(key) // 32 for key in value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        if weight + len(waiting) > most:
            return False
    return True


def check_output(value: Any, limits: Limits) -> None:
    """ExpressionError unless the value is JSON within the limits; never looks at more than they allow."""
    size, waiting = 0, [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        size += _size(item)
        if size + 2 * len(waiting) > limits.output_bytes:
            raise ExpressionLimit(f"The result is larger than {limits.output_bytes} bytes.")
        if depth > limits.output_depth:
            raise ExpressionLimit(f"The result is nested more than {limits.output_depth} deep.")
        if isinstance(item, dict):
            waiting.extend((part, depth + 1) for part in item.values())
        elif isinstance(item, list):
            waiting.extend((part, depth + 1) for part in item)


def _size(item: Any) -> int:
    if isinstance(item, str):
        return len(item) + 3
    if isinstance(item, dict):
        return 2 + sum(len(key) + 4 for key in item)
    if isinstance(item, float) and not isfinite(item):
        raise ExpressionError("The result is not a number that JSON knows.")
    if isinstance(item, int) and item.bit_length() > MOST_BITS:
        raise ExpressionLimit("The result has a number of more than 1000 digits.")
    return 8
