"""What a platform says of itself, and what a portability report is made of.

A platform is a folder with `report.py` (ANSWERS, BOUNDS, NAME, SERVICE) and `limits.json`. It answers for every code of
the vocabulary, so that nothing a plan may hold goes unsaid:

    native     the platform has a construct that means the same
    emulated   generated code, another resource, or this installation makes up for what is missing; `why` says how
    refused    it is not exported, and `why` says why
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How something maps, best first."""

    NATIVE = "native"
    EMULATED = "emulated"
    REFUSED = "refused"

    @property
    def rank(self) -> int:
        """0 is best."""
        return tuple(Verdict).index(self)


class Source(StrEnum):
    """How we know: it ran here, the vendor documents it, or it is general knowledge that has to be checked again."""

    VERIFIED = "verified"
    DOCUMENTED = "documented"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure of a platform. `unit` is bytes, seconds, characters or count."""

    code: str
    value: int
    unit: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a platform makes of one thing a plan may hold. `construct` is the platform's own word; `why` is translated.

    `limit` names the figure that this will meet first, if it grows.
    """

    verdict: Verdict
    construct: str = ""
    why: str = ""
    limit: str = ""
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What becomes of a `measure` (of the vocabulary) that is greater than the limit of this name."""

    measure: str
    limit: str
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform as it was found: `service` is the vendor's name of what carries a workflow out there."""

    slug: str
    name: str
    service: str
    answers: Mapping[str, Answer]
    bounds: Mapping[str, Bound]
    limits: Mapping[str, Limit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing a report says: the code of the vocabulary, what it comes to here, and the figure it meets.

    `found` is what the plan has of it; without, the limit is one that only data at run time can meet.
    """

    code: str
    verdict: Verdict
    construct: str = ""
    why: str = ""
    limit: Limit | None = None
    found: float | None = None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReport:
    """One task on one platform. `findings` has at least one, of its kind; the first of the worst is the reason."""

    pointer: str
    name: str
    kind: str
    depth: int
    findings: tuple[Finding, ...]

    @property
    def decisive(self) -> Finding:
        """The finding that decided the verdict."""
        return max(self.findings, key=lambda one: one.verdict.rank)

    @property
    def verdict(self) -> Verdict:
        return self.decisive.verdict

    @property
    def reason(self) -> str:
        """The code of what decided."""
        return self.decisive.code

    @property
    def touched(self) -> Finding | None:
        """The finding that names the limit: what decided, else the first that has one."""
        return next((one for one in (self.decisive, *self.findings) if one.limit is not None), None)

    @property
    def limit(self) -> Limit | None:
        """The limit touched."""
        return self.touched.limit if self.touched else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformReport:
    """A plan on one platform: its tasks, compensations included, and in `notes` what concerns the whole."""

    platform: Platform
    tasks: tuple[TaskReport, ...]
    notes: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        found = [task.verdict for task in self.tasks] + [note.verdict for note in self.notes]
        return max(found, key=lambda one: one.rank, default=Verdict.NATIVE)

    def count(self, verdict: Verdict) -> int:
        """How many tasks have this verdict."""
        return sum(1 for task in self.tasks if task.verdict == verdict)
