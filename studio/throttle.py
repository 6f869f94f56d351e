"""How often somebody without an account may do something: so many times per address, and so many times in all.

Counted in the cache by DRF's throttles, which read and write without a lock: calls at the very same moment may pass one
too many. That is accepted; what must be exact is counted in PostgreSQL.
"""

from typing import Any

from django.http import HttpRequest
from rest_framework.throttling import SimpleRateThrottle

from tenants.errors import RateLimited


class _Throttle(SimpleRateThrottle):
    """One rate (`5/hour`) of one thing, told apart by `who`."""

    def __init__(self, what: str, rate: str, who: str) -> None:
        self.rate = rate
        self.name = f"throttle:{what}:{who}"
        super().__init__()

    def get_cache_key(self, request: Any, view: Any) -> str:
        """The key was chosen when it was made."""
        return self.name


def throttle(request: HttpRequest, what: str, *, per_address: str, overall: str) -> None:
    """Count one use of `what`; RateLimited with the seconds to wait when it is one too many."""
    address = request.META.get("REMOTE_ADDR") or "unknown"
    for one in (_Throttle(what, per_address, address), _Throttle(what, overall, "all")):
        if not one.allow_request(request, None):  # type: ignore[arg-type]  # reads nothing of the request but our key
            raise RateLimited(retry_after_seconds=int(one.wait() or 1) + 1)
