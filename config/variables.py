"""The variables that more than one process reads, each with its default in one place. The rest is in settings.py."""

from pathlib import Path

from config.env import ConfigError, env_bool, env_list, env_path, env_port, env_str

ENVIRONMENTS = ("development", "test", "production")


def environment_name() -> str:
    return env_str("ENVIRONMENT", "development", choices=ENVIRONMENTS)


def data_dir() -> Path:
    return env_path("DATA_DIR", str(Path(__file__).resolve().parent.parent / ".data"))


def web_port() -> int:
    return env_port("PORT", 8000)


def gateway_port() -> int:
    return env_port("GATEWAY_PORT", web_port() + 1)


def sandbox_port() -> int:
    return env_port("SANDBOX_PORT", web_port() + 2)


def demo_core_port() -> int:
    return env_port("DEMO_CORE_PORT", web_port() + 3)


def bind_address() -> str:
    """Where web and gateway listen; the sandbox model server and the demo core stay on loopback."""
    return env_str("BIND_ADDRESS", "127.0.0.1")


def provider_socket() -> str:
    """Unix socket of the provider process; empty where none runs."""
    return env_str("PROVIDER_SOCKET")


def engine_test_hosts() -> dict[str, str]:
    """Public host names that lead to a loopback `address:port` instead; for conformance tests, never in production."""
    wanted, given = env_bool("ENGINE_TEST_PORT", False), env_list("ENGINE_TEST_HOSTS")
    if environment_name() == "production" and (wanted or given):
        raise ConfigError("ENGINE_TEST_PORT and ENGINE_TEST_HOSTS are for tests; unset them in production")
    return dict(_stand_in(entry) for entry in given) if wanted else {}


def _stand_in(entry: str) -> tuple[str, str]:
    name, _, where = entry.strip().partition("=")
    host, _, port = where.partition(":")
    if not name or host != "127.0.0.1" or not port.isdecimal():
        raise ConfigError(f"ENGINE_TEST_HOSTS entry {entry!r}: use name=127.0.0.1:port")
    return name.lower(), where


def conformance_kit() -> str:
    """Folder or git address of the workflow specification's conformance kit; empty for .bench/ctk."""
    return env_str("CONFORMANCE_KIT")
