"""Composition root of the gateway process: `granian --interface asgi --loop uvloop --http 1 config.gateway:app`.

Plain ASGI without Django. Everything is built inside the event loop of a worker, when the server starts it.
"""

from functools import lru_cache
from pathlib import Path

from config.env import ConfigError, env_list, env_secret, env_str, env_url
from config.services import POSTGRES, REDIS, local_secret
from config.variables import data_dir, environment_name, provider_socket
from keys.adapters.vault import EnvelopeVault, read_root_keys
from keys.ports import Vault
from routing.adapters.openai_wire import WireClient
from routing.adapters.postgres_config import PostgresConfigStore
from routing.adapters.postgres_ledger import PostgresLedger
from routing.adapters.redis_cache import RedisCache
from routing.gateway.app import GatewayApp, Parts
from routing.gateway.attempts import Ladder
from routing.gateway.auth import Authenticator
from routing.gateway.compiled import TenantConfig, changed_deployments
from routing.gateway.config_cache import ConfigCache
from routing.gateway.health import Health
from routing.gateway.open_streams import OpenStreams
from routing.gateway.surfaces.openai_chat import ChatCompletions
from routing.gateway.surfaces.openai_models import Models
from tenants import failpoints
from tenants.egress import EgressPolicy, parse_allow


def service_urls() -> tuple[str, str]:
    """The addresses of PostgreSQL, in the gateway's role, and of Redis; the embedded ones where none are set."""
    database_url = env_url("DATABASE_GATEWAY_URL", schemes=POSTGRES)
    if database_url:
        return database_url, env_url("REDIS_URL", schemes=REDIS)
    if env_url("DATABASE_URL", schemes=POSTGRES):
        raise ConfigError("DATABASE_GATEWAY_URL must be set for the gateway when DATABASE_URL is")
    from config.embedded import ensure

    services = ensure(Path(data_dir()))
    return services.gateway_url, services.redis_url


@lru_cache(maxsize=1)
def vault() -> Vault:
    """The vault, opened when the first sealed credential is needed."""
    return EnvelopeVault(read_root_keys(env_secret("VAULT_ROOT_KEY") or local_secret("VAULT_ROOT_KEY")))


def build() -> Parts:
    """Build every part of the gateway."""
    failpoints.configure(env_str("FAILPOINTS"), environment=environment_name())
    database_url, redis_url = service_urls()
    store = PostgresConfigStore(database_url)
    ledger = PostgresLedger(database_url)
    cache = RedisCache(redis_url) if redis_url else None
    client = WireClient(EgressPolicy(parse_allow(env_list("EGRESS_ALLOW"))), process_socket=provider_socket())
    health = Health()
    streams = OpenStreams(store)

    def changed(former: TenantConfig, config: TenantConfig | None) -> None:
        streams.recheck(former.tenant_id)
        health.forget(changed_deployments(former, config))

    configs = ConfigCache(store, on_change=changed)
    auth = Authenticator(store, configs)
    ladder = Ladder(ledger=ledger, client=client, health=health, vault=vault)

    def gauges() -> dict[str, float]:
        counters = ledger.counters
        return {
            "open_streams": len(streams),
            "cached_tenants": len(configs),
            "failed_polls": configs.failed_polls,
            "open_circuits": health.open_circuits,
            "holds": counters.holds,
            "hold_batches": counters.hold_batches,
            "holds_lost": counters.holds_lost,
            "entries_written": counters.entries,
            "entries_waiting": ledger.waiting,
            "entries_lost": counters.entries_lost,
            "overruns": counters.overruns,
            "settled_late": counters.late,
            "cache_failures": cache.failures if cache is not None else 0,
        }

    return Parts(
        chat=ChatCompletions(auth=auth, ladder=ladder, streams=streams, cache=cache),
        models=Models(auth),
        configs=configs,
        streams=streams,
        ledger=ledger,
        closing=(client, store, *((cache,) if cache is not None else ())),
        gauges=gauges,
        ready=lambda: store.connected,
        opening=(store, ledger),
    )


app = GatewayApp(build)
