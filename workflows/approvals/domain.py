"""What is asked, what is shown of it, who may decide, and what a second decision means. Pure.

A decision is bound to the digest of what was shown: title, summary, payload and risk. Whoever asked may not decide.
"""

import hashlib
import html
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias

from tenants.domain import Role, allowed
from workflows.domain.retry import seconds

Json: TypeAlias = Any

DECIDE: Final = "approval.decide"
DEFAULT_SECONDS: Final = 7 * 86_400.0
MOST_SECONDS: Final = 365 * 86_400.0
MOST_TITLE: Final = 300
MOST_SHOWN: Final = 7_500  # characters of markup: all that is decided on fits on one small page
LINE_MARKUP: Final = 40
BREAK_MARKUP: Final = 5
MOST_APPROVERS: Final = 50
RISKS: Final = ("low", "normal", "high")
MOST_REASON: Final = 1_000


class Status(StrEnum):
    """Where a request stands; all but open are final."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Decision(StrEnum):
    """What a person may answer."""

    APPROVE = "approve"
    REJECT = "reject"

    @property
    def status(self) -> Status:
        """What the request becomes."""
        return Status.APPROVED if self is Decision.APPROVE else Status.REJECTED


Refusal = Literal["", "requester", "member", "role", "named"]
Repeat = Literal["first result", "opposite", "over"]


class Faulty(ValueError):
    """The arguments ask nothing that a person could decide on; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked. `approvers` holds roles and e-mail addresses; empty means everybody whose role may decide."""

    title: str
    summary: str = ""
    payload: Json = None
    risk: str = "normal"
    approvers: tuple[str, ...] = ()
    requester: str = ""
    expires_seconds: float = DEFAULT_SECONDS

    @property
    def digest(self) -> str:
        """SHA-256 of all that is shown."""
        shown = {"title": self.title, "summary": self.summary, "payload": self.payload, "risk": self.risk}
        text = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who wants to decide: their names (address, account) and roles, and whether they are a member at this moment."""

    names: frozenset[str]
    roles: frozenset[Role]
    is_member: bool = True


def request_of(arguments: Mapping[str, Json]) -> Request:
    """The request that the rendered arguments of a task describe; Faulty says what is wrong."""
    title = " ".join(_text(arguments, "title").split())
    if not title or len(title) > MOST_TITLE:
        raise Faulty(f"The title of an approval has 1 to {MOST_TITLE} characters.")
    risk = arguments.get("risk") or "normal"
    if risk not in RISKS:
        raise Faulty(f"The risk of an approval is one of {', '.join(RISKS)}.")
    request = Request(
        title=title,
        summary=_text(arguments, "summary").strip(),
        payload=arguments.get("payload"),
        risk=risk,
        approvers=_approvers(arguments.get("approvers")),
        requester=_text(arguments, "requester").strip().lower(),
        expires_seconds=_expiry(arguments.get("expiresIn")),
    )
    if shown_size(request) > MOST_SHOWN:
        raise Faulty("This is too much to decide on: what is asked must fit on one page. Pass less as payload.")
    return request


def lines_of(payload: Json, path: str = "") -> Iterator[tuple[str, str]]:
    """The payload as lines (path, value): everything that is in it."""
    if isinstance(payload, Mapping) and payload:
        for name, part in payload.items():
            yield from lines_of(part, f"{path}.{name}" if path else str(name))
    elif isinstance(payload, list) and payload:
        for place, part in enumerate(payload, start=1):
            yield from lines_of(part, f"{path}.{place}" if path else str(place))
    elif payload is not None or path:
        yield path, payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)


def shown_size(request: Request) -> int:
    """About how many bytes of markup it takes to show the request; the title stands in three places."""
    texts = [request.title] * 3 + [request.summary]
    size = sum(_escaped(text) for text in texts) + request.summary.count("\n") * BREAK_MARKUP
    return size + sum(_escaped(name) + _escaped(value) + LINE_MARKUP for name, value in lines_of(request.payload))


def refusal(person: Person, *, approvers: Iterable[str], requesters: Iterable[str]) -> Refusal:
    """Why this person may not decide; nothing if they may."""
    wanted = frozenset(name.lower() for name in approvers)
    if not person.is_member:
        return "member"
    if not person.names.isdisjoint({name.lower() for name in requesters if name}):
        return "requester"
    if not allowed(person.roles, DECIDE):
        return "role"
    if wanted and wanted.isdisjoint(person.names | {str(role) for role in person.roles}):
        return "named"
    return ""


def repeated(present: Status, decision: Decision) -> Repeat:
    """What a decision means to a request that is no longer open: a second click is no error."""
    if present is decision.status:
        return "first result"
    return "opposite" if present in {Status.APPROVED, Status.REJECTED} else "over"


def _text(arguments: Mapping[str, Json], name: str) -> str:
    value = arguments.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Faulty(f"{name} of an approval is a text.")
    return value.replace("\0", "\ufffd")


def _approvers(given: Json) -> tuple[str, ...]:
    names = [given] if isinstance(given, str) else given or []
    if not isinstance(names, list) or not all(isinstance(name, str) and 0 < len(name) <= 254 for name in names):
        raise Faulty("approvers of an approval are roles or e-mail addresses.")
    unknown = [name for name in names if "@" not in name and name.lower() not in set(Role)]
    if unknown:
        raise Faulty(f"{unknown[0]!r} is neither a role nor an e-mail address.")
    if len(names) > MOST_APPROVERS:
        raise Faulty(f"An approval names at most {MOST_APPROVERS} approvers; use a role.")
    return tuple(sorted({name.strip().lower() for name in names}))


def _expiry(given: Json) -> float:
    if given is None:
        return DEFAULT_SECONDS
    try:
        found = seconds(given)
    except ValueError as error:
        raise Faulty(f"expiresIn of an approval is no duration: {error}") from error
    if not 0 < found <= MOST_SECONDS:
        raise Faulty("expiresIn of an approval is more than nothing and at most a year.")
    return found


def _escaped(text: str) -> int:
    return len(html.escape(text).encode("utf-8", "surrogatepass"))
