"""Who may go on watching: looked at again and again while a stream is open, with the eyes of the page's own door."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.sessions.models import Session
from django.utils import timezone

from tenants.access import may
from tenants.errors import NotFound
from tenants.identity import Origin, scope_of_member
from tenants.models import User
from tenants.scope import use_scope

ORIGIN = Origin(request_id="live", ip="")


@dataclass(frozen=True, slots=True)
class Door:
    """What let somebody in: a session, its password at that time, a membership, a permission."""

    user_id: UUID
    session_key: str
    session_hash: str
    slug: str
    action: str


def still_open(doors: Collection[Door]) -> set[Door]:
    """Those doors that would let the same person in now."""
    sessions = _sessions({door.session_key for door in doors})
    users = User.objects.in_bulk({door.user_id for door in doors})
    alive = [door for door in doors if door.session_key in sessions and _same(users.get(door.user_id), door)]
    return {door for door in alive if _allowed(users[door.user_id], door)}


def _sessions(keys: Iterable[str]) -> set[str]:
    found = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return set(found.values_list("session_key", flat=True))


def _same(user: User | None, door: Door) -> bool:
    return user is not None and user.is_active and user.get_session_auth_hash() == door.session_hash


def _allowed(user: User, door: Door) -> bool:
    try:
        _tenant, scope = scope_of_member(user, door.slug, ORIGIN)
    except NotFound:
        return False
    with use_scope(scope):
        return may(door.action)
