"""Limits on what anybody may ask without an account: so many requests in a window, counted in the cache.

While Redis is away the project's cache counts in the memory of each process, so a limit is never lifted.
"""

import time
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from django.core.cache import cache

OVERALL = "all"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `most` in each window of `seconds`."""

    name: str
    most: int
    seconds: int = 60


def seconds_to_wait(rate: Rate, who: str) -> int:
    """Count one more for `who`; 0 when it is within the limit, else how long until the next window."""
    now = time.time()
    window = int(now // rate.seconds)
    if _count(f"throttle:{rate.name}:{who}:{window}", rate.seconds) <= rate.most:
        return 0
    return max(int((window + 1) * rate.seconds - now), 1)


def _count(key: str, seconds: int) -> int:
    cache.add(key, 0, timeout=2 * seconds)
    try:
        return cache.incr(key)
    except ValueError:  # gone between the two, or the cache fell back to another store
        cache.set(key, 1, timeout=2 * seconds)
        return 1


def neighbourhood(ip: str) -> str:
    """Who an address stands for: itself, or the /64 of an IPv6 address, of which one household has all."""
    try:
        address = ip_address(ip)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return f"{int(address) >> 64:x}"
    return str(address)
