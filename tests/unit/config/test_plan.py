"""Which process gets what."""

import pytest

from config.supervisor.plan import Layout, processes, with_secrets

ALL = {
    "DATABASE_URL": "app", "DATABASE_OWNER_URL": "owner", "DATABASE_OWNER_URL_FILE": "f",
    "DATABASE_GATEWAY_URL": "gateway",
    "DATABASE_RELAY_URL": "relay", "REDIS_URL": "redis",
    "VAULT_ROOT_KEY": "root", "SECRET_KEY": "secret", "PATH": "/bin",
}  # fmt: skip


def plan(**changes):
    layout = {
        "bind": "127.0.0.1", "web_port": 1, "gateway_port": 2, "sandbox_port": 3, "provider_socket": "/s",
        "gateway_workers": 2, "worker_threads": 32, "sandbox": True,
    }  # fmt: skip
    return {process.name: process for process in processes(Layout(**layout | changes), ALL)}


@pytest.mark.parametrize("name", ["web", "gateway", "provider", "worker", "beat", "sandbox"])
def test_no_process_gets_the_owner_role(name):
    assert not [key for key in plan()[name].environment if "OWNER" in key]


def test_the_gateway_gets_its_own_role_and_no_other():
    environment = plan()["gateway"].environment
    assert environment["DATABASE_GATEWAY_URL"] == "gateway"
    assert not {"DATABASE_URL", "DATABASE_RELAY_URL", "SECRET_KEY"} & set(environment)


@pytest.mark.parametrize("name", ["provider", "sandbox"])
def test_what_needs_no_state_gets_no_address_and_no_key(name):
    assert set(plan()[name].environment) <= {"PATH", "PROVIDER_SOCKET"}


def test_the_gateway_bounds_the_time_for_headers():
    command = plan()["gateway"].command
    assert command[command.index("--http1-header-read-timeout") + 1] == "5000"


def test_production_has_no_sandbox():
    assert "sandbox" not in plan(sandbox=False)


def test_a_resolved_secret_replaces_its_file():
    assert with_secrets({"VAULT_ROOT_KEY_FILE": "/f", "A": "b"}, {"VAULT_ROOT_KEY": "k"}) == {
        "A": "b",
        "VAULT_ROOT_KEY": "k",
    }


def test_every_thread_of_a_worker_can_have_a_connection():
    assert int(plan(worker_threads=32)["worker"].environment["DATABASE_POOL_SIZE"]) > 32
