"""A desk for tests of calls: the demo's connector in one tenant, and the core it leads to."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from config.demo.connector import demo_core
from connectors.contract import Outcome
from connectors.models import CallLog, Connector, Permit
from connectors.selectors import InFlight, in_flight
from connectors.services import connector_create, operation_call, operation_reconcile
from connectors.services.connectors import Safety
from tenants.scope import use_scope
from tests.cast import Cast, conninfo
from tests.demo_core import DemoCoreServer

SAFETY = Safety(max_in_flight=3, max_server_seconds=0.5, max_wait_seconds=10.0)


@dataclass
class CoreDesk:
    """Calls the demo core as a person of tenant A would."""

    cast: Cast
    core: DemoCoreServer
    connector: Connector

    def call(self, operation: str, key: str = "", *, deadline: float = 20.0, **value: Any) -> Outcome:
        with use_scope(self.cast.scope()):
            return operation_call("demo_core", operation, input=value, idempotency_key=key, deadline_seconds=deadline)

    def reconcile(self, operation: str, key: str, **value: Any) -> Outcome:
        with use_scope(self.cast.scope()):
            return operation_reconcile("demo_core", operation, input=value, idempotency_key=key)

    def reserve(self, reservation: str = "r1", amount: str = "10.00", **more: Any) -> Outcome:
        """Reserve on the demo's GBP account."""
        value = {"reservation": reservation, "account": "50000970", "amount": amount, "currency": "GBP"}
        return self.call("reserve", more.pop("key", f"key-{reservation}"), **more, **value)

    def booking(self, reservation: str = "r1", amount: str = "10.00") -> dict[str, Any]:
        """Input of a booking of that reservation."""
        return {"reservation": reservation, "creditor_account": "12345678", "amount": amount, "currency": "GBP"}

    def gauge(self) -> InFlight:
        with self.cast.acting():
            return in_flight(Connector.objects.select_related("pool").get(pk=self.connector.pk))

    def log(self, **filters: Any) -> list[CallLog]:
        with self.cast.acting():
            return list(CallLog.objects.filter(**filters).order_by("at"))

    def permits(self) -> list[str]:
        with self.cast.acting():
            return sorted(Permit.objects.values_list("state", flat=True))


def open_core_desk(
    cast: Cast, core: DemoCoreServer, *, safety: Safety = SAFETY, timeout_seconds: float = 0.5
) -> CoreDesk:
    """The demo's connector in tenant A; an operation that takes longer than its timeout counts as unanswered."""
    wanted = replace(demo_core(core.url), safety=safety)
    operations = [one | {"timeout_seconds": timeout_seconds} for one in wanted.operations]
    with cast.acting():
        return CoreDesk(cast, core, connector_create(replace(wanted, operations=operations)))


def worker_environment(settings: Any) -> dict[str, str]:
    """Variables of a worker process on the database of this test."""
    hidden = ("DATABASE_OWNER_URL", "DATABASE_RELAY_URL", "DATABASE_AUDITOR_URL", "DATABASE_GATEWAY_URL")
    return dict.fromkeys(hidden, "") | {
        "DATABASE_URL": _url(conninfo()),
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": "test",
        "VAULT_ROOT_KEY": settings.VAULT_ROOT_KEY,
        "EGRESS_ALLOW": "127.0.0.1:*",
        "ENVIRONMENT": "test",
    }


def _url(address: str) -> str:
    """A connection address as an environment variable takes it."""
    parts = conninfo_to_dict(address)
    login = quote(str(parts["user"]), safe="")
    if "password" in parts:
        login += ":" + quote(str(parts["password"]), safe="")
    port = f"&port={parts['port']}" if "port" in parts else ""
    return f"postgresql://{login}@/{parts['dbname']}?host={quote(str(parts['host']), safe='')}{port}"
