"""Errors of a run as the DSL has them: problem details (RFC 7807) that tasks raise, catches filter and retries count.

They are values, not exceptions: an error is data of the run like any other. `Raised` carries one up to the task that
fails of it. The exceptions of the API stand in `workflows/errors.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self

StandardType = Literal[
    "configuration", "validation", "expression", "authentication", "authorization", "timeout", "communication",
    "runtime",
]  # fmt: skip

TYPES: Final = "https://open-workflow-specification.org/spec/1.0.0/errors/"
STATUS: Final[Mapping[StandardType, int]] = {
    "configuration": 400, "validation": 400, "expression": 400, "authentication": 401, "authorization": 403,
    "timeout": 408, "communication": 500, "runtime": 500,
}  # fmt: skip
# The specification's text, its conformance scenarios and both of its hosts spell the same standard types differently.
_SPELLINGS: Final = re.compile(
    r"https://(?:serverlessworkflow\.io|open-workflow-specification\.org)"
    r"/(?:spec/[0-9.]+/errors|dsl/errors/types|errors/types)/([a-z]+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowError:
    """What went wrong; `instance` is the JSON pointer of the task that raised it, kept while the error travels."""

    type: str
    status: int
    title: str = ""
    detail: str = ""
    instance: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The error out of its JSON form; a missing part of a foreign one is filled in, a wrong one made to fit."""
        status = data.get("status")
        texts = {name: str(data.get(name) or "") for name in ("title", "detail", "instance")}
        known = isinstance(status, int) and not isinstance(status, bool)
        return cls(type=str(data.get("type") or f"{TYPES}runtime"), status=status if known else 500, **texts)  # type: ignore[arg-type]

    def to_json(self) -> dict[str, Any]:
        """Without the texts that are empty."""
        texts = {"title": self.title, "detail": self.detail, "instance": self.instance}
        return {"type": self.type, "status": self.status} | {name: text for name, text in texts.items() if text}

    def located(self, pointer: str) -> "WorkflowError":
        """This error, raised by the task at `pointer` unless another one already raised it."""
        return self if self.instance else replace(self, instance=pointer)


class Raised(Exception):
    """Carries an error from where it arises to the task that fails of it; never leaves `advance`."""

    def __init__(self, error: WorkflowError) -> None:
        super().__init__(error.title)
        self.error = error


def standard(kind: StandardType, title: str, *, detail: str = "", instance: str = "") -> WorkflowError:
    """An error of one of the specification's types, with the status that goes with it."""
    return WorkflowError(type=f"{TYPES}{kind}", status=STATUS[kind], title=title, detail=detail, instance=instance)


def same_type(left: str, right: str) -> bool:
    """Whether two error types mean the same, in whichever of the specification's spellings."""
    return canonical_type(left) == canonical_type(right)


def canonical_type(spelling: str) -> str:
    """One spelling of a standard type; any other type as it is."""
    found = _SPELLINGS.fullmatch(spelling)
    return f"{TYPES}{found[1]}" if found and found[1] in STATUS else spelling
