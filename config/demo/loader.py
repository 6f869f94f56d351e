"""The demo tenant: a plainly made-up bank with units, people in every role, keys, limits, and routes to the sandbox.

Secrets are made per installation and written to DATA_DIR/demo.json (mode 0600); nothing here is a fixed password.
"""

import json
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from config.demo import info
from config.demo.connector import NAME as CORE
from config.demo.connector import demo_core
from config.demo.samples import sample
from config.embedded.paths import write_private
from connectors import services as connectors
from connectors.selectors import connector_list
from connectors.services.connectors import connector_config
from keys import services as keys
from keys.domain.limits import Meter, Window
from routing import services as routing
from routing.domain.control import DeploymentConfig, ProviderConfig
from routing.models import Deployment
from routing.selectors.configuration import provider_list
from routing.selectors.routes import route_list
from tenants import services as tenants
from tenants.domain import Role, UnitKind
from tenants.ids import uuid7
from tenants.scope import Actor, Scope, tenant_tx
from tenants.selectors import tenant_list
from workflows import services as workflows
from workflows.domain.configurations import ConfigurationConfig

DEFINITIONS = Path(__file__).with_name("definitions")
PARTICIPANTS = (
    "payment-screening", "payment-reservation", "payment-approval", "payment-booking", "payment-release",
)  # fmt: skip
SLUG, NAME, ZONE = "demo", "Demo Bank", "Asia/Ho_Chi_Minh"
PROVIDER, KIND = "Sandbox model server", "openai_compatible"
USD = 1_000_000_000
UNITS = ("Retail banking", "Payments operations", "Customer service")
PROJECTS = (("Loan desk assistant", "Retail banking"), ("Payment screening", "Payments operations"))
PEOPLE = {
    Role.OWNER: "Demo Owner",
    Role.ADMIN: "Demo Admin",
    Role.ARCHITECT: "Demo Architect",
    Role.APPROVER: "Demo Approver",
    Role.DEVELOPER: "Demo Developer",
    Role.AUDITOR: "Demo Auditor",
}
MODELS = (("Sandbox small", "sandbox-small", 0.45), ("Sandbox large", "sandbox-large", 0.9),
          ("Sandbox economy", "sandbox-economy", 0.3), ("Sandbox exact", "sandbox-exact", 0.5))  # fmt: skip


@dataclass(slots=True)
class Loaded:
    """What was made, by name; secrets are kept only until they are written to demo.json."""

    units: dict[str, UUID] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    definitions: dict[str, UUID] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)


def load(data_dir: Path, *, sandbox_url: str, core_url: str) -> None:
    """Make the demo tenant and write its logins; everything or nothing."""
    loaded = Loaded()
    scope = _scope(uuid7())
    with tenant_tx(scope):
        tenants.tenant_create(scope, slug=SLUG, name=NAME, owner_email="", time_zone=ZONE, accept_url="")
        _people(scope, loaded)
        _units(loaded)
        _models(loaded, sandbox_url)
        _routes(loaded)
        _keys(loaded)
        _token(loaded)
        connectors.connector_create(demo_core(core_url))
        _definitions(loaded)
        _patterns(loaded)
        write_private(info.path(data_dir), loaded.secrets)  # before the commit: a load that fails leaves no tenant


def refresh(*, sandbox_url: str, core_url: str) -> bool:
    """Point the demo at where the sandbox and the demo core listen now; False when there is no demo tenant."""
    tenant = tenant_list().filter(slug=SLUG).first()
    if tenant is None:
        return False
    with tenant_tx(_scope(tenant.id)):
        provider = provider_list().filter(name=PROVIDER).first()
        wanted = f"{sandbox_url}/v1"
        if provider is not None and provider.base_url != wanted:
            routing.provider_change(provider.id, _provider_config(provider.credential_id, wanted))
        _refresh_core(core_url)
    return True


def _refresh_core(core_url: str) -> None:
    wanted = demo_core(core_url)
    connector = connector_list().filter(name=wanted.name).first()
    if connector is None:
        connectors.connector_create(wanted)
    elif connector.config != wanted.config:
        connectors.connector_change(connector.id, replace(connector_config(connector), config=wanted.config))


def _provider_config(credential_id: UUID | None, base_url: str) -> ProviderConfig:
    return ProviderConfig(name=PROVIDER, kind=KIND, base_url=base_url, credential_id=credential_id, residency="local")


def _scope(tenant_id: UUID) -> Scope:
    return Scope(tenant_id=tenant_id, actor=Actor(kind="system", id="demo", label="demo loader"))


def _people(scope: Scope, loaded: Loaded) -> None:
    users = []
    for role, name in PEOPLE.items():
        password = secrets.token_urlsafe(12)
        user = tenants.user_create(email=f"{role}@demo.example", name=name, password=password)
        tenants.member_add(scope, user=user, roles=[role])
        users.append({"email": user.email, "password": password, "role": str(role)})
    loaded.secrets |= {"tenant": SLUG, "users": users}


def _units(loaded: Loaded) -> None:
    for name in UNITS:
        loaded.units[name] = tenants.unit_create(name=name, kind=UnitKind.DEPARTMENT, parent_id=None).id
    for name, parent in PROJECTS:
        loaded.units[name] = tenants.unit_create(name=name, kind=UnitKind.PROJECT, parent_id=loaded.units[parent]).id


def _models(loaded: Loaded, sandbox_url: str) -> None:
    credential = keys.credential_create(name="Sandbox access", kind=KIND, secret=secrets.token_urlsafe(24))
    provider = routing.provider_create(_provider_config(credential.id, f"{sandbox_url}/v1"))
    for name, model, quality in MODELS:
        config = DeploymentConfig(name=name, provider_id=provider.id, model=model, quality=quality)
        loaded.deployments[model] = routing.deployment_create(config)


def _routes(loaded: Loaded) -> None:
    def candidate(model: str, tier: str = "any") -> dict[str, str]:
        return {"deployment": str(loaded.deployments[model].id), "tier": tier}

    specs: dict[str, dict[str, Any]] = {
        "assistant": {
            "strategy": "difficulty",
            "candidates": [candidate("sandbox-small", "easy"), candidate("sandbox-large", "hard")],
            "cache_ttl_seconds": 300,
        },
        "assistant-cheap": {
            "strategy": "cheapest",
            "candidates": [candidate("sandbox-economy"), candidate("sandbox-small"), candidate("sandbox-large")],
        },
        "assistant-fast": {
            "strategy": "fastest",
            "candidates": [candidate("sandbox-small"), candidate("sandbox-economy"), candidate("sandbox-large")],
        },
        "exact": {"strategy": "ordered", "candidates": [candidate("sandbox-exact")]},
    }  # fmt: skip
    for name, spec in specs.items():
        routing.route_create(name=name, spec=spec, note="demo")


def _keys(loaded: Loaded) -> None:
    issued = keys.virtual_key_issue(unit_id=loaded.units["Loan desk assistant"], name="Loan desk app")
    keys.virtual_key_issue(
        unit_id=loaded.units["Customer service"], name="Service chat", allowed_models=["assistant-cheap"]
    )
    department = loaded.units["Retail banking"]
    _budget("Retail banking, month", 50 * USD, unit_id=department)
    _budget("Loan desk app, month", 10 * USD, virtual_key_id=issued.key.id)
    keys.limit_create(
        name="Loan desk app, calls a minute",
        meter=Meter.REQUESTS,
        window=Window.MINUTE,
        amount=600,
        virtual_key_id=issued.key.id,
    )
    loaded.secrets["virtual_key"] = issued.secret


def _definitions(loaded: Loaded) -> None:
    """The payment under one roof, and the same with participants that only hear each other's events."""
    for file in sorted(DEFINITIONS.rglob("*.yaml")):
        source = _with_sample(file.read_text(encoding="utf-8"))
        version = workflows.definition_publish(source, unit_id=loaded.units["Payment screening"])
        loaded.definitions[version.definition.name] = version.definition_id


def _with_sample(source: str) -> str:
    """The definition with a payment file as its example, so that its pages offer one."""
    payment = json.dumps(sample("below").decode(), ensure_ascii=False)
    return source.replace("{file: {type: string}}", f"{{file: {{type: string, examples: [{payment}]}}}}")


def _patterns(loaded: Loaded) -> None:
    """One live configuration of each pattern, of what is there."""
    desk, payments = loaded.units["Loan desk assistant"], loaded.units["Payment screening"]
    route, core = route_list().get(name="assistant").id, connector_list().get(name=CORE).id
    participants = tuple(loaded.definitions[name] for name in PARTICIPANTS)
    account_read: Any = {"connector_id": core, "operations": {"call": "account_read"}}
    wanted: tuple[ConfigurationConfig, ...] = (
        ConfigurationConfig(name="Assistant", pattern="model-router", unit_id=desk, route_id=route),
        ConfigurationConfig(name="Account lookup", pattern="adapter", unit_id=desk, **account_read),
        ConfigurationConfig(
            name="Account questions", pattern="orchestrator", unit_id=desk, route_id=route, **account_read
        ),
        ConfigurationConfig(
            name="Payment", pattern="saga", unit_id=payments, definition_ids=(loaded.definitions["payment"],)
        ),
        ConfigurationConfig(
            name="Payment by events", pattern="choreography", unit_id=payments, definition_ids=participants
        ),
    )
    live = [workflows.configuration_start(workflows.configuration_create(one).id) for one in wanted]
    loaded.secrets["patterns"] = [{"id": str(one.id), "name": one.name, "pattern": one.pattern} for one in live]


def _budget(name: str, amount: int, *, unit_id: UUID | None = None, virtual_key_id: UUID | None = None) -> None:
    keys.limit_create(
        name=name,
        meter=Meter.COST,
        window=Window.MONTH,
        amount=amount,
        unit_id=unit_id,
        virtual_key_id=virtual_key_id,
    )


def _token(loaded: Loaded) -> None:
    account = tenants.service_account_create(name="Demo automation", roles=[Role.OWNER, Role.ADMIN])
    _row, token = tenants.api_token_issue(account.id, days=None)
    loaded.secrets["api_token"] = token.secret
