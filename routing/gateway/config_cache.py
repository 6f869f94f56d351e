"""What a tenant has configured, compiled once per version and used by every request until the version changes.

Four times a second one statement reads the versions of all cached tenants. A configuration may be used while the last
read that found it current began less than `MAX_AGE_SECONDS` ago; after that it is confirmed on the other connection
within `CONFIRM_SECONDS`, or the request is refused. So a revocation is obeyed in under a second, also when a
connection freezes.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from routing.gateway.compiled import TenantConfig, compile_tenant
from routing.gateway.errors import configuration_unavailable
from routing.ports import ConfigStore, StoreUnavailable, TenantGone

POLL_SECONDS = 0.25
MAX_AGE_SECONDS = 0.8
CONFIRM_SECONDS = 0.3
IDLE_SECONDS = 900
MAX_TENANTS = 10_000

Change = Callable[[TenantConfig, TenantConfig | None], None]

_log = logging.getLogger(__name__)


class ConfigCache:
    """The configurations of the tenants that were seen lately."""

    def __init__(self, store: ConfigStore, *, on_change: Change, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._on_change = on_change
        self._clock = clock
        self._configs: dict[UUID, TenantConfig] = {}
        self._loading: dict[UUID, asyncio.Task[TenantConfig]] = {}
        self._confirming: dict[UUID, asyncio.Task[TenantConfig]] = {}
        self._poller: asyncio.Task[None] | None = None
        self.failed_polls = 0

    def __len__(self) -> int:
        return len(self._configs)

    def start(self) -> None:
        """Begin to poll."""
        self._poller = asyncio.get_running_loop().create_task(self._poll())

    async def stop(self) -> None:
        """End polling."""
        if self._poller is not None:
            self._poller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._poller

    def is_fresh(self, config: TenantConfig) -> bool:
        """Whether the configuration may be used without asking the database."""
        return self._clock() - config.good_at < MAX_AGE_SECONDS

    async def get(self, tenant_id: UUID) -> TenantConfig:
        """The configuration of a tenant, loaded if it is not known; WireError 503 when it cannot be read."""
        config = self._configs.get(tenant_id)
        return config if config is not None else await self._shared(self._loading, tenant_id, self._load)

    async def confirm(self, config: TenantConfig) -> TenantConfig:
        """The same configuration if it is current, else the new one; WireError 503 when that cannot be told in time."""
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                return await self._shared(self._confirming, config.tenant_id, self._confirm)
        except TimeoutError as error:
            raise configuration_unavailable() from error

    async def _shared(
        self,
        running: dict[UUID, asyncio.Task[TenantConfig]],
        tenant_id: UUID,
        start: Callable[[UUID], Coroutine[Any, Any, TenantConfig]],
    ) -> TenantConfig:
        """Join the task that is already at work for this tenant, or start it; it survives a caller that gives up."""
        task = running.get(tenant_id)
        if task is None:
            task = running[tenant_id] = asyncio.get_running_loop().create_task(start(tenant_id))
            task.add_done_callback(lambda _: running.pop(tenant_id, None))
        try:
            return await asyncio.shield(task)
        except StoreUnavailable as error:
            raise configuration_unavailable() from error

    async def _load(self, tenant_id: UUID) -> TenantConfig:
        began = self._clock()
        try:
            config = compile_tenant(await self._store.load(tenant_id), good_at=began)
        except TenantGone:
            self._replace(tenant_id, None)
            raise
        self._replace(tenant_id, config)
        self._forget_idle()
        return config

    def _replace(self, tenant_id: UUID, config: TenantConfig | None) -> None:
        """Put a configuration in place of the former one; whoever still holds that sees that it was replaced."""
        former = self._configs.pop(tenant_id, None)
        if config is not None:
            self._configs[tenant_id] = config
        if former is not None:
            former.replaced = True
            if config is not None:
                config.used_at = former.used_at
            self._on_change(former, config)

    async def _confirm(self, tenant_id: UUID) -> TenantConfig:
        began = self._clock()
        version = await self._store.stamp(tenant_id)
        config = self._configs.get(tenant_id)
        if config is None or config.version != version:
            return await self._load(tenant_id)
        config.good_at = max(config.good_at, began)
        return config

    async def _poll(self) -> None:
        while True:
            began = self._clock()
            try:
                await self._poll_once(began)
            except StoreUnavailable as error:
                self.failed_polls += 1
                _log.warning("configuration versions could not be read: %s", error)
            except Exception:
                _log.exception("polling failed")
            await asyncio.sleep(max(began + POLL_SECONDS - self._clock(), 0.01))

    async def _poll_once(self, began: float) -> None:
        if not self._configs:
            return
        stamps = await self._store.poll_stamps(list(self._configs))
        for tenant_id, config in list(self._configs.items()):
            if stamps.get(tenant_id, 0) == config.version:
                config.good_at = max(config.good_at, began)
            elif tenant_id not in self._loading:
                task = asyncio.get_running_loop().create_task(self._load(tenant_id))
                self._loading[tenant_id] = task
                task.add_done_callback(self._loaded(tenant_id))

    def _loaded(self, tenant_id: UUID) -> Callable[[asyncio.Task[TenantConfig]], None]:
        def done(task: asyncio.Task[TenantConfig]) -> None:
            self._loading.pop(tenant_id, None)
            if not task.cancelled() and task.exception() is not None:
                _log.warning("a changed configuration could not be loaded: %s", task.exception())

        return done

    def _forget_idle(self) -> None:
        """Drop tenants that sent nothing for long; the longest unused ones first when there are too many."""
        oldest = self._clock() - IDLE_SECONDS
        idle = [config for config in self._configs.values() if config.used_at < oldest]
        if len(self._configs) - len(idle) > MAX_TENANTS:
            idle.append(min(self._configs.values(), key=lambda config: config.used_at))
        for config in idle:
            config.replaced = True
            self._configs.pop(config.tenant_id, None)
