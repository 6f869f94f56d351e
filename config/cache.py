"""Redis as Django's cache, with this process's memory behind it.

Losing Redis must not stop anybody from signing in (allauth counts attempts in the cache), and must not lift the limit
on attempts either: while Redis is away, each process counts by itself.
"""

import logging
import time
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
RETRY_SECONDS = 5.0


class FallbackRedisCache(RedisCache):
    """Every operation goes to Redis; for RETRY_SECONDS after a failure, to local memory."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._local = LocMemCache("fallback", {})
        self._away_until = 0.0

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._either("get", key, default, version=version)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        self._either("set", key, value, *args, **kwargs)

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._either("add", key, value, *args, **kwargs))

    def touch(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._either("touch", key, *args, **kwargs))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._either("delete", key, version=version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._either("incr", key, delta, version=version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._either("has_key", key, version=version))

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return dict(self._either("get_many", keys, version=version))

    def set_many(self, data: Any, *args: Any, **kwargs: Any) -> list[Any]:
        return list(self._either("set_many", data, *args, **kwargs) or [])

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        self._either("delete_many", keys, version=version)

    def clear(self) -> None:
        self._either("clear")

    def _either(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self._away_until:
            try:
                return getattr(super(), operation)(*args, **kwargs)
            except RedisError as error:
                self._away_until = time.monotonic() + RETRY_SECONDS
                logger.warning("Redis does not answer (%s); caching in this process for %.0f s", error, RETRY_SECONDS)
        return getattr(self._local, operation)(*args, **kwargs)
