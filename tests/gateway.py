"""Gateway processes for tests, and a tenant's configuration to run them against.

`World` writes the configuration through the models in one unit of work, `running_gateway` starts the real process:
granian, the gateway's own database role, the session's Redis.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

from keys.domain import key_format
from tests.sandbox import free_port, wait_for_port

if TYPE_CHECKING:
    import openai

ROOT = Path(__file__).resolve().parent.parent
PRICE = 1_000_000_000_000  # nano-USD per million tokens: one token costs 1,000,000 nano-USD


@dataclass(frozen=True)
class Key:
    """A virtual key with its secret."""

    id: UUID
    secret_id: UUID
    secret: str


@dataclass
class Gateway:
    """A running gateway process."""

    port: int
    process: "subprocess.Popen[bytes]"
    clients: list["openai.OpenAI"] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def worker_pids(self) -> list[int]:
        """The processes that serve, below granian's own."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for file in children for pid in file.read_text().split()]

    def client(self, key: Key | str, **options: Any) -> "openai.OpenAI":
        """The stock OpenAI client, without retries of its own. Importing it takes a second, which few tests need."""
        import openai

        secret = key if isinstance(key, str) else key.secret
        made = openai.OpenAI(base_url=f"{self.url}/v1", api_key=secret, max_retries=0, timeout=30, **options)
        self.clients.append(made)
        return made

    def kill(self) -> None:
        """SIGKILL to the process and its workers."""
        for pid in [*self.worker_pids, self.process.pid]:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running_gateway(
    database_url: str,
    redis_url: str,
    *,
    egress_allow: str = "127.0.0.1:*",
    variables: Mapping[str, str] | None = None,
    port: int = 0,
) -> Iterator[Gateway]:
    """A gateway on a port (a free one if none is given); ended at the end, gently at first."""
    port = port or free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--loop", "uvloop", "--http", "1", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--log-level", "warning"]
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "DATABASE_GATEWAY_URL": database_url,
        "REDIS_URL": redis_url,
        "EGRESS_ALLOW": egress_allow,
        "ENVIRONMENT": "test",
        **(variables or {}),
    }
    process = subprocess.Popen([*command, "config.gateway:app"], cwd=ROOT, env=environment)
    gateway = Gateway(port, process)
    try:
        wait_for_port(port, process)
        yield gateway
    finally:
        for client in gateway.clients:
            client.close()
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            gateway.kill()


def gateway_url(database: str) -> str:
    """Address of `database` on the session's server for the gateway's role."""
    return role_url("DATABASE_GATEWAY_URL", database)


def role_url(variable: str, database: str) -> str:
    """Address of `database` for the role that a variable names."""
    return urlsplit(os.environ[variable])._replace(path=f"/{database}").geturl()


class World:
    """Makes a tenant's routing configuration; every method needs an open unit of work of that tenant."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._provider: Any = None

    def unit(self, name: str = "Payments") -> Any:
        """A department."""
        from tenants.models import Unit

        return Unit.objects.filter(name=name).first() or _new_unit(name)

    def key(self, name: str = "app", *, models: Sequence[str] = (), unit: Any = None) -> Key:
        """A virtual key that works at once."""
        from keys.models import VirtualKey, VirtualKeySecret
        from tenants.models import Lookup
        from tenants.stamp import touch_config

        secret = key_format.compose_secret(os.urandom(32))
        digest = key_format.digest(secret)
        unit = unit or self.unit()
        key = VirtualKey.objects.create(unit=unit, name=name, allowed_models=list(models), created_by="test")
        row = VirtualKeySecret.objects.create(virtual_key=key, digest=digest, prefix="sk-orc-", last4=secret[-4:])
        Lookup.objects.create(kind="virtual_key", digest=digest, tenant_id=key.tenant_id, object_id=row.id)
        touch_config()
        return Key(key.id, row.id, secret)

    def revoke(self, key: Key) -> None:
        """Revoke a key."""
        from keys.models import VirtualKey
        from tenants.stamp import touch_config

        VirtualKey.objects.filter(id=key.id).update(status="revoked")
        touch_config()

    def limit(self, amount: int, *, meter: str = "cost", window: str = "month", key: Key | None = None) -> Any:
        """A hard limit of a key, or of the whole tenant."""
        from keys.models import Limit
        from tenants.stamp import touch_config

        touch_config()
        return Limit.objects.create(
            virtual_key_id=key.id if key else None,
            name=f"{meter} per {window}",
            meter=meter,
            window=window,
            amount=amount,
        )

    def provider(
        self, *, kind: str = "openai_compatible", base_url: str = "", name: str = "", secret: str = "provider-key"
    ) -> Any:
        """A provider at the given address, the sandbox by default, with a sealed credential."""
        from keys.services.credentials import credential_create
        from routing.models import Provider
        from tenants.stamp import touch_config

        credential = credential_create(name=name or kind, kind=kind, secret=secret)
        touch_config()
        address = base_url or self.base_url
        return Provider.objects.create(name=name or kind, kind=kind, base_url=address, credential=credential)

    def deployment(self, model: str, *, provider: Any = None, price: int | None = PRICE, **fields: Any) -> Any:
        """A model at a provider that costs the same for input and output."""
        from routing.models import Deployment

        if provider is None:
            provider = self._provider = self._provider or self.provider()
        defaults = {"context_window": 8192, "max_output_tokens": 1024, "supports_tools": True, "supports_json": True}
        return Deployment.objects.create(
            name=fields.pop("name", model),
            provider=provider,
            model=model,
            price_input=price,
            price_output=price,
            **(defaults | fields),
        )

    def route(self, name: str, *deployments: Any, strategy: str = "ordered", **spec: Any) -> Any:
        """An active route over deployments."""
        from routing.models import Route, RouteVersion
        from tenants.stamp import touch_config

        route = Route.objects.create(name=name)
        candidates = [{"deployment": str(deployment.id)} for deployment in deployments]
        body = {"strategy": strategy, "candidates": candidates} | spec
        RouteVersion.objects.create(route=route, number=1, spec=body, digest=os.urandom(32).hex(), created_by="test")
        touch_config()
        return route


def _new_unit(name: str) -> Any:
    from tenants.domain import UnitKind
    from tenants.services import unit_create

    return unit_create(name=name, kind=UnitKind.DEPARTMENT, parent_id=None)


def read_answer(sock: socket.socket) -> bytes:
    """Everything the peer sends until it closes or falls silent."""
    parts = []
    try:
        while part := sock.recv(65536):
            parts.append(part)
    except TimeoutError:
        pass
    return b"".join(parts)
