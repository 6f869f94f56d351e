"""The whole system for tests, as `make run` starts it: `manage.py up` on a data directory of its own.

`Up` starts and stops it and finds whatever of it still runs; `Desk` is a person's and a script's way in: REST, pages,
gateways, and the database as its administrator sees it.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import psycopg

from config.embedded import client, secrets
from config.embedded.paths import Paths, read_private
from tests.sandbox import free_port

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 100
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "PYTHONPYCACHEPREFIX")
READY = "Ctrl-C stops everything"


class Up:
    """One installation: a data directory, three ports, and `manage.py up` on them."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        self.data_dir = data_dir
        names = ("PORT", "GATEWAY_PORT", "SANDBOX_PORT", "DEMO_CORE_PORT")
        self.ports = {name: free_port() for name in names}
        self.variables = {name: str(port) for name, port in self.ports.items()} | variables
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the test session, whose database and settings are others."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {**kept, "DATA_DIR": str(self.data_dir), "EGRESS_ALLOW": "127.0.0.1:*", **self.variables}

    def start(self) -> float:
        """Start it and return the seconds until it said that it is ready."""
        began = time.monotonic()
        with (self.data_dir.parent / f"{self.data_dir.name}.log").open("wb") as log:
            command = [sys.executable, "manage.py", "up"]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        while READY not in self.log():
            late = time.monotonic() - began > START_SECONDS
            assert not late, self.log()
            assert self.process.poll() is None, self.log()
            time.sleep(0.1)
        return time.monotonic() - began

    def log(self) -> str:
        """Everything it has printed since its last start."""
        return (self.data_dir.parent / f"{self.data_dir.name}.log").read_text(errors="replace")

    def manage(self, *arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a management command on this installation, with `given` on its standard input."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, input=given, capture_output=True, text=True, check=False
        )

    def info(self) -> dict[str, Any]:
        """What `demo_info --json` says."""
        found: dict[str, Any] = json.loads(self.manage("demo_info", "--json").stdout)
        return found

    def services(self) -> client.Services:
        """Addresses of its private servers; asking keeps nothing alive."""
        paths = Paths.of(self.data_dir)
        return client._services(read_private(paths.state)["socket_dir"], secrets.load(paths))

    def pids(self, *words: str) -> list[int]:
        """All its processes, private servers included, or those whose command line has all these words."""
        mark = f"DATA_DIR={self.data_dir}".encode()
        parents = {pid: _parent(pid) for pid in _all_pids()}
        found = {pid for pid in parents if _has(pid, "environ", mark) and pid != os.getpid()}
        while below := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= below
        return [pid for pid in found if _command_has(pid, words)]

    def listening(self) -> list[str]:
        """Those of its ports where somebody still answers."""
        return [name for name, port in self.ports.items() if _answers(port)]

    def interrupt(self) -> int:
        """Ctrl-C; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)

    def end(self) -> None:
        """Whatever state it is in, nothing of it runs afterwards."""
        if self.process is not None and self.process.poll() is None:
            for pid in self.pids():
                os.kill(pid, signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        eventually(lambda: not self.pids(), seconds=10)
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)


@contextmanager
def running_up(**variables: str) -> Iterator[Up]:
    """A fresh installation, started; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="orchestration-up-") as directory:
        up = Up(Path(directory) / "data", **variables)
        try:
            up.start()
            yield up
        finally:
            up.end()


class Desk:
    """A way into a running installation for the demo tenant."""

    def __init__(self, up: Up) -> None:
        self.up = up
        self.info = up.info()
        bearer = {"authorization": f"Bearer {self.info['api_token']}"}
        self.api = httpx.Client(base_url=f"{self.info['base_url']}/api/v1/", headers=bearer, timeout=30)
        self._admin = self._connect()
        self._unit = self.api.get("units/").raise_for_status().json()["results"][0]["id"]

    def close(self) -> None:
        """Close its connections."""
        self.api.close()
        self._admin.close()

    def create(self, path: str, **fields: Any) -> dict[str, Any]:
        """Create something over REST."""
        answer = self.api.post(path, json=fields)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def name(self, word: str) -> str:
        """A name that nothing here has yet."""
        return f"{word}-{token_hex(3)}"

    def key(self, **fields: Any) -> dict[str, Any]:
        """A fresh virtual key, `secret` included."""
        return self.create("virtual-keys/", **{"unit_id": self._unit, "name": self.name("key")} | fields)

    def budget(self, key: dict[str, Any], dollars: str) -> dict[str, Any]:
        """A hard monthly budget of a key."""
        fields = {"meter": "cost", "window": "month", "amount": dollars, "virtual_key_id": key["id"]}
        return self.create("limits/", name=self.name("budget"), **fields)

    def provider(self, url: str) -> str:
        """An OpenAI-compatible provider at an address, with a credential."""
        kind = {"kind": "openai_compatible"}
        credential = self.create("provider-credentials/", name=self.name("credential"), secret="provider-key", **kind)
        fields = {"name": self.name("provider"), "base_url": url, "credential_id": credential["id"], **kind}
        return str(self.create("providers/", **fields)["id"])

    def route(self, provider: str, *models: str, strategy: str = "ordered", prices: Any = None, **spec: Any) -> str:
        """A route over models of a provider; `prices` per model as (input, output) in dollars a million tokens."""
        candidates = []
        for model in models:
            price = dict(zip(("input", "output"), (prices or {}).get(model, ("1", "1")), strict=True))
            made = self.create(
                "deployments/", name=self.name(model), provider_id=provider, model=model, price=price,
                context_window=8192, max_output_tokens=4096,
            )  # fmt: skip
            candidates.append({"deployment": made["id"]})
        name = self.name("route")
        self.create("routes/", name=name, spec={"strategy": strategy, "candidates": candidates, **spec}, note="test")
        return name

    def revoke(self, key: dict[str, Any]) -> None:
        """Revoke a key over REST."""
        assert self.api.post(f"virtual-keys/{key['id']}/revoke/", json={"reason": "test"}).status_code == 200

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows as the database's administrator sees them; a connection that a test has broken is replaced."""
        try:
            return self._admin.execute(query.encode(), values).fetchall()
        except psycopg.OperationalError:
            self._admin.close()
            self._admin = self._connect()
            return self._admin.execute(query.encode(), values).fetchall()

    def _connect(self) -> "psycopg.Connection[Any]":
        url = self.up.services().admin_url.replace("/postgres?", "/orchestration?")
        return psycopg.connect(url, autocommit=True)

    def ended(self, key: dict[str, Any]) -> list[tuple[str, int, int]]:
        """(kind, amount, held) of the key's ledger entries, once no hold of it is left."""
        eventually(lambda: not self.held(key))
        query = "select kind, amount, held from keys_ledgerentry where virtual_key_id = %s order by id"
        return self.rows(query, key["id"])

    def held(self, key: dict[str, Any]) -> list[int]:
        """Amounts of the key's live holds."""
        return [row[0] for row in self.rows("select amount from keys_hold where virtual_key_id = %s", key["id"])]

    def record(self, answer: Any) -> dict[str, Any]:
        """The usage record of an answer, by REST, as soon as it is written."""
        headers = getattr(answer, "headers", answer)
        address = f"requests/{headers['x-request-id']}/"
        found = eventually(lambda: (got := self.api.get(address)).status_code == 200 and got)
        record: dict[str, Any] = found.json()
        return record

    @contextmanager
    def signed_in(self, role: str) -> Iterator[httpx.Client]:
        """A browser-like client, signed in through the form with the printed password."""
        user = next(user for user in self.info["users"] if user["role"] == role)
        with httpx.Client(base_url=self.info["base_url"], follow_redirects=True, timeout=30) as browser:
            form = browser.get("/accounts/login/").raise_for_status().text
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
            assert token is not None
            fields = {"csrfmiddlewaretoken": token[1], "login": user["email"], "password": user["password"]}
            browser.post("/accounts/login/", data=fields, headers={"referer": self.info["base_url"]}).raise_for_status()
            yield browser

    def page(self, browser: httpx.Client, path: str) -> str:
        """Text of a page of the tenant, without tags."""
        html = browser.get(f"/t/{self.info['tenant']}/{path}").raise_for_status().text
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def eventually(read: Callable[[], Any], *, seconds: float = 8) -> Any:
    """What `read` returns as soon as it is true, or the last of it when time is up."""
    until = time.monotonic() + seconds
    while not (found := read()) and time.monotonic() < until:
        time.sleep(0.02)
    return found


def call(url: str, secret: str, model: str, *, prompt: str = "Good morning", **options: Any) -> httpx.Response:
    """One chat call without a client library; a stream is read to its end."""
    body = {"model": model, "messages": [{"role": "user", "content": prompt}], "max_tokens": 5, **options}
    headers = {"authorization": f"Bearer {secret}"}
    # verify=False spares each call the reading of all certificates; the address is plain HTTP
    return httpx.post(f"{url}/v1/chat/completions", json=body, headers=headers, timeout=60, verify=False)


def _all_pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _parent(pid: int) -> int:
    try:
        return int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be collected does not."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _has(pid: int, file: str, part: bytes) -> bool:
    try:
        return part in (Path("/proc") / str(pid) / file).read_bytes().split(b"\0")
    except OSError:
        return False


def _command_has(pid: int, words: tuple[str, ...]) -> bool:
    try:
        command = (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return False
    return all(word in command for word in words)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
