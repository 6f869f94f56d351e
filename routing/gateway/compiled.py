"""A tenant's configuration in the form requests use: parsed, indexed, with everything worked out that does not change.

Addresses and headers of a deployment are built on first use, because that opens the sealed credential.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from keys.errors import VaultError
from keys.ports import FieldRef, Vault
from routing.domain.difficulty import shipped_weights
from routing.domain.providers import KINDS, UpstreamPath, request_target
from routing.domain.types import DeploymentFacts, Price, RouteVersionFacts, SpecError, parse_route_spec
from routing.ports import CredentialRow, Deadlines, DeploymentRow, ProviderRow, RouteRow, TenantRows

CONNECT_SECONDS = 5.0
CREDENTIAL_FIELD = "secret"

_log = logging.getLogger(__name__)


class TargetError(Exception):
    """A deployment cannot be called as it is configured."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a deployment is called, with what headers, under what model name."""

    url: str
    headers: Mapping[str, str]
    model: str
    through_process: bool
    caps_by_completion_tokens: bool


@dataclass(frozen=True, slots=True)
class CompiledRoute:
    """A route with the facts the decision takes and the bounds of an attempt."""

    row: RouteRow
    facts: RouteVersionFacts
    deadlines: Deadlines

    @property
    def created(self) -> int:
        """When the current version was made, in Unix seconds."""
        return int(self.row.created_at.timestamp())


@dataclass(slots=True, eq=False)
class TenantConfig:
    """One version of a tenant's configuration. `good_at` moves on as long as the version is found current."""

    tenant_id: UUID
    version: int
    routes: Mapping[str, CompiledRoute]
    good_at: float
    read_at: float
    used_at: float
    deployments: Mapping[str, DeploymentRow]
    providers: Mapping[UUID, ProviderRow]
    credentials: Mapping[UUID, CredentialRow]
    replaced: bool = False
    targets: dict[tuple[str, UpstreamPath], Target] = field(default_factory=dict)
    incumbents: dict[str, str] = field(default_factory=dict)

    def target(self, deployment_id: str, path: UpstreamPath, vault: Callable[[], Vault]) -> Target:
        """Where and how to call a deployment; TargetError when its configuration does not allow it."""
        key = (deployment_id, path)
        target = self.targets.get(key)
        if target is None:
            target = self.targets[key] = self._build(deployment_id, path, vault)
        return target

    def _build(self, deployment_id: str, path: UpstreamPath, vault: Callable[[], Vault]) -> Target:
        deployment = self.deployments[deployment_id]
        provider = self.providers[deployment.provider_id]
        kind = KINDS.get(provider.kind)
        if kind is None:
            raise TargetError(f"unknown kind of provider {provider.kind!r}")
        try:
            url, headers = request_target(
                kind,
                path,
                base_url=provider.base_url,
                model=deployment.model,
                api_version=provider.api_version,
                credential=self._credential(provider, vault),
            )
        except (ValueError, VaultError) as error:
            raise TargetError(str(error)) from error
        fixed = {"content-type": "application/json", "accept": "*/*", "accept-encoding": "identity"}
        return Target(
            url=url,
            headers=MappingProxyType(fixed | {"user-agent": "ai-orchestration"} | headers),
            model=deployment.model,
            through_process=kind.wire == "provider",
            caps_by_completion_tokens=kind.slug in ("openai", "azure_openai"),
        )

    def _credential(self, provider: ProviderRow, vault: Callable[[], Vault]) -> str:
        if provider.credential_id is None:
            return ""
        row = self.credentials.get(provider.credential_id)
        if row is None:
            raise TargetError("the credential of the provider cannot be opened")
        return vault().open(row.key, FieldRef(row.id, CREDENTIAL_FIELD), row.ciphertext)


def changed_deployments(former: TenantConfig, config: TenantConfig | None) -> list[str]:
    """The deployments whose calls go elsewhere, or with another credential, than before."""
    return [name for name in former.deployments if config is None or _how(former, name) != _how(config, name)]


def _how(config: TenantConfig, deployment_id: str) -> tuple[object, ...] | None:
    """Everything that decides how a deployment is called."""
    deployment = config.deployments.get(deployment_id)
    provider = config.providers.get(deployment.provider_id) if deployment is not None else None
    if deployment is None or provider is None:
        return None
    credential = config.credentials.get(provider.credential_id) if provider.credential_id else None
    return deployment.model, provider, credential


def compile_tenant(rows: TenantRows, *, good_at: float) -> TenantConfig:
    """Compile what was read; a route that cannot be parsed is left out and logged."""
    providers = {row.id: row for row in rows.providers}
    facts = {
        str(row.id): _facts(row, providers[row.provider_id]) for row in rows.deployments if row.provider_id in providers
    }
    routes = {}
    for row in rows.routes:
        try:
            routes[row.name] = _route(row, facts)
        except SpecError as error:
            _log.error("route %s version %d cannot be used: %s", row.route_id, row.number, error.errors)
    return TenantConfig(
        tenant_id=rows.tenant_id,
        version=rows.version,
        routes=routes,
        good_at=good_at,
        read_at=good_at,
        used_at=good_at,
        deployments={str(row.id): row for row in rows.deployments},
        providers=providers,
        credentials={row.id: row for row in rows.credentials},
    )


def _facts(row: DeploymentRow, provider: ProviderRow) -> DeploymentFacts:
    return DeploymentFacts(
        id=str(row.id),
        name=row.name,
        provider_id=str(provider.id),
        provider_kind=provider.kind,
        model=row.model,
        context_window=row.context_window,
        max_output_tokens=row.max_output_tokens,
        supports_streaming=row.supports_streaming,
        supports_tools=row.supports_tools,
        supports_json=row.supports_json,
        supports_vision=row.supports_vision,
        price=Price(
            input=row.price_input,
            cached_input=row.price_cached_input,
            cache_write=row.price_cache_write,
            output=row.price_output,
            reasoning=row.price_reasoning,
        ),
        quality=row.quality,
        enabled=row.enabled,
        residency=provider.residency or None,
    )


def _route(row: RouteRow, facts: Mapping[str, DeploymentFacts]) -> CompiledRoute:
    spec = parse_route_spec(row.spec)
    used = {c.deployment_id: facts[c.deployment_id] for c in spec.candidates if c.deployment_id in facts}
    return CompiledRoute(
        row=row,
        facts=RouteVersionFacts(
            route_id=str(row.route_id),
            name=row.name,
            number=row.number,
            digest=row.digest,
            spec=spec,
            deployments=MappingProxyType(used),
            weights=shipped_weights() if spec.needs_difficulty else None,
        ),
        deadlines=Deadlines(
            connect=min(CONNECT_SECONDS, spec.timeout_seconds),
            first_byte=spec.first_byte_timeout_seconds,
            idle=spec.idle_timeout_seconds,
            total=spec.timeout_seconds,
        ),
    )
