"""What the engine needs from outside: who evaluates expressions and who checks schemas. Bound by `config.wiring`."""

from workflows.domain.expressions import Evaluator
from workflows.domain.run.context import Schemas

__all__ = ["Evaluator", "NotBound", "Schemas", "bind_evaluator", "bind_schemas", "evaluator", "schemas"]


class NotBound(RuntimeError):
    """A process uses the engine without having been composed."""


_evaluators: list[Evaluator] = []
_schemas: list[Schemas] = []


def bind_evaluator(implementation: Evaluator) -> None:
    """Set what evaluates expressions in this process; a second call replaces it."""
    _evaluators[:] = [implementation]


def evaluator() -> Evaluator:
    """What evaluates expressions in this process."""
    if not _evaluators:
        raise NotBound("no evaluator of expressions is configured")
    return _evaluators[0]


def bind_schemas(implementation: Schemas) -> None:
    """Set what checks values against JSON Schemas in this process; a second call replaces it."""
    _schemas[:] = [implementation]


def schemas() -> Schemas:
    """What checks values against JSON Schemas in this process."""
    if not _schemas:
        raise NotBound("no checker of schemas is configured")
    return _schemas[0]
