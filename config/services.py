"""Which PostgreSQL and Redis this process uses: those of the environment, else the embedded ones under DATA_DIR."""

import base64
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from config.env import ConfigError, env_int, env_secret, env_url
from config.variables import data_dir, environment_name

POSTGRES = ("postgresql", "postgres")
REDIS = ("redis", "rediss", "unix")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Connection addresses, one per database role; empty where this process does not get that role."""

    database_url: str
    relay_url: str
    auditor_url: str
    owner_url: str
    redis_url: str


def addresses() -> Addresses:
    """Read them from the environment; start the embedded services where DATABASE_URL is unset."""
    database_url = env_url("DATABASE_URL", schemes=POSTGRES)
    if not database_url:
        return _embedded()
    return Addresses(
        database_url=database_url,
        relay_url=env_url("DATABASE_RELAY_URL", schemes=POSTGRES),
        auditor_url=env_url("DATABASE_AUDITOR_URL", schemes=POSTGRES),
        owner_url=env_url("DATABASE_OWNER_URL", schemes=POSTGRES),
        redis_url=env_url("REDIS_URL", schemes=REDIS),
    )


def django_database(url: str, *, pool: bool = False) -> dict[str, Any]:
    """Turn a connection address into Django's form; `pool` adds psycopg's pool, opened on first use after the fork."""
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    options: dict[str, Any] = {"connect_timeout": 3, "application_name": "orchestration"}
    if pool:
        options["pool"] = {"min_size": 0, "max_size": env_int("DATABASE_POOL_SIZE", 16, minimum=1), "timeout": 5}
    known = {"user", "password", "host", "port", "dbname"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "NAME": parts.get("dbname", ""),
        "OPTIONS": options | {name: value for name, value in parts.items() if name not in known},
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": pool,  # a restarted server leaves dead connections in it, each one an error for somebody
    }


def broker_url(redis_url: str) -> str:
    """The same Redis as a Celery broker; Celery spells a Unix socket `redis+socket` and names the database apart."""
    return redis_url.replace("unix://", "redis+socket://", 1) if redis_url.startswith("unix://") else redis_url


def local_secret(name: str) -> str:
    """A secret of this installation: from the environment, else made once under DATA_DIR (never in production)."""
    given = env_secret(name)
    if given:
        return given
    if environment_name() == "production":
        raise ConfigError(f"{name} must be set when ENVIRONMENT is production (or {name}_FILE)")
    file = data_dir() / "secrets" / name.lower()
    if not file.exists():
        _write_once(file, base64.b64encode(secrets.token_bytes(32)).decode())
    return file.read_text(encoding="utf-8").strip()


def _write_once(file: Path, text: str) -> None:
    """Create the file whole or not at all; of two processes that race, the first one wins."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    try:
        file.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _embedded() -> Addresses:
    from config import embedded

    running = embedded.ensure(data_dir())
    return Addresses(
        database_url=running.database_url,
        relay_url=running.relay_url,
        auditor_url=running.auditor_url,
        owner_url=running.owner_url,
        redis_url=running.redis_url,
    )
