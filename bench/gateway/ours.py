"""Our gateway for the benchmark: private services under .bench, one tenant, one key with a hard budget and a quota."""

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.gateway.load import Target
from bench.gateway.peers import GATEWAY_CORE, LOAD_CORE, WORK, started, wait_for

PORT = 8099
DATA = WORK / "data"


@contextmanager
def our_gateway() -> Iterator[Target]:
    """The gateway process alone on its core; PostgreSQL (fsync on) and Valkey share the core of the load driver."""
    with services(DATA) as environment:
        key = seeded(environment)
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--http", "1", "--no-ws", "--loop", "uvloop"]
        command += ["--workers", "1", "--log-level", "warning", "--host", "127.0.0.1", "--port", str(PORT)]
        hidden = {"DATABASE_OWNER_URL": "", "DATABASE_ADMIN_URL": ""}
        with started([*command, "config.gateway:app"], core=GATEWAY_CORE, environment=environment | hidden) as process:
            wait_for(PORT)
            yield Target("ours", PORT, process.pid, key)


@contextmanager
def services(data: Path) -> Iterator[dict[str, str]]:
    """Private PostgreSQL and Valkey in a fresh directory, kept by a child process on the driver's core; yields the
    environment of their users."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    environment = _environment(data)
    script = "import sys, json; from pathlib import Path; from config import embedded\n"
    script += f"print(json.dumps(embedded.ensure(Path({str(data)!r})).variables()), flush=True); sys.stdin.read()"
    keeper = subprocess.Popen(
        ["taskset", "-c", LOAD_CORE, sys.executable, "-c", script],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        yield environment | json.loads(keeper.stdout.readline())
    finally:
        keeper.stdin.close()
        keeper.wait(timeout=30)


def seeded(environment: dict[str, str]) -> str:
    """Migrate and make the tenant; returns the secret of its key."""
    environment = {**os.environ, **environment}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], env=environment, check=True)
    seed = [sys.executable, "-m", "bench.gateway.seed"]
    done = subprocess.run(seed, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip().splitlines()[-1]


def _environment(data: Path) -> dict[str, str]:
    return {
        "DATA_DIR": str(data),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": secrets.token_hex(32),
        "VAULT_ROOT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "EGRESS_ALLOW": "127.0.0.1:9000,127.0.0.1:9002",
    }
