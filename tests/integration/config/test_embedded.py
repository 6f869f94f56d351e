"""The private PostgreSQL and Valkey: where they run, who may reach them, what survives which death."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from config.embedded.paths import Paths

USER = Path(__file__).with_name("embedded_user.py")
PROJECT = USER.parents[3]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


class User:
    """A process that uses the services of one data directory."""

    def __init__(self, data_dir: Path, *before: str) -> None:
        self.process = subprocess.Popen(
            [*before, sys.executable, str(USER), str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
            env=os.environ | {"PYTHONPATH": str(PROJECT)},
        )
        self.hello = self._read()
        self.state = self.hello["state"]

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._read()

    def query(self, sql):
        return self.ask(sql)["rows"]

    def kill(self):
        self.process.kill()
        self._close()

    def leave(self):
        self.process.stdin.close()
        self._close()

    def _read(self):
        line = self.process.stdout.readline()
        assert line, f"the user of the services ended with {self.process.wait()}"
        return json.loads(line)

    def _close(self):
        self.process.wait()
        self.process.stdout.close()
        if not self.process.stdin.closed:
            self.process.stdin.close()


@pytest.fixture
def start():
    users = []

    def begin(data_dir, *before):
        users.append(User(data_dir, *before))
        return users[-1]

    yield begin
    for user in users:
        if user.process.poll() is None:
            user.kill()
    for user in users:
        assert eventually(lambda user=user: not running(user.state)), "servers outlived their users"


def running(state):
    return [name for name in ("keeper", "postgres", "valkey") if alive(state[name])]


def alive(pid):
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def eventually(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def mode(path):
    return path.stat().st_mode & 0o777


def test_they_start_in_a_long_path_below_a_directory_only_its_owner_may_enter(tmp_path, start):
    parent = tmp_path / "private"
    parent.mkdir(mode=0o700)
    user = start(parent / ("long" * 40) / "data")
    assert user.query("select 1") == [[1]]
    assert len(user.state["data"]) > 120
    assert len(user.state["socket_dir"]) < 80


def test_nobody_else_reaches_them(tmp_path, start):
    user = start(tmp_path / "data")
    assert mode(Path(user.state["socket_dir"])) == 0o700
    assert mode(tmp_path / "data" / "embedded") == 0o700
    assert mode(tmp_path / "data" / "embedded" / "secrets.json") == 0o600
    wrong = user.hello["urls"]["DATABASE_URL"].replace("orchestration_app:", "orchestration_app:x")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


@as_root
def test_another_system_user_cannot_open_the_sockets(tmp_path, start):
    user = start(tmp_path / "data")
    path = f"{user.state['socket_dir']}/.s.PGSQL.5432"
    code = f"import os, socket; os.setgroups([]); os.setuid(12345); socket.socket(socket.AF_UNIX).connect({path!r})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "PermissionError" in result.stderr


@as_root
def test_as_root_the_server_runs_without_any_capability(tmp_path, start):
    user = start(tmp_path / "data")
    status = Path(f"/proc/{user.state['postgres']}/status").read_text()
    assert user.state["mode"] == "namespace"
    assert "CapEff:\t0000000000000000" in status
    assert Path(f"/proc/{user.state['postgres']}/uid_map").read_text().split()[0] == "65534"


def test_killing_the_only_user_ends_the_servers(tmp_path, start):
    user = start(tmp_path / "data")
    user.query("create table kept (n int)")
    user.kill()
    assert eventually(lambda: not running(user.state))
    assert not Path(user.state["socket_dir"]).exists()
    assert start(tmp_path / "data").query("select count(*) from kept") == [[0]]


def test_they_stay_while_another_process_uses_them(tmp_path, start):
    first, second = start(tmp_path / "data"), start(tmp_path / "data")
    assert first.state == second.state
    assert first.ask("stop") == {"stopped": False}
    time.sleep(2)
    assert second.query("select 1") == [[1]]
    first.leave()
    assert second.ask("stop") == {"stopped": True}


def test_a_killed_server_comes_back_with_its_data(tmp_path, start):
    user = start(tmp_path / "data")
    user.query("create table kept (n int)")
    os.kill(user.state["postgres"], signal.SIGKILL)
    assert eventually(lambda: not alive(user.state["postgres"]))
    assert eventually(lambda: accepts(user.state["socket_dir"]))
    assert user.ask("ensure") == {"alive": True}
    assert eventually(lambda: answers(user)) is True
    assert user.query("select count(*) from kept") == [[0]]
    user.leave()
    assert eventually(lambda: not alive(user.state["keeper"]))


def test_a_killed_keeper_takes_the_servers_with_it_and_addresses_stay_right(tmp_path, start):
    user = start(tmp_path / "data")
    user.query("create table kept (n int)")
    os.kill(user.state["keeper"], signal.SIGKILL)
    assert eventually(lambda: not running(user.state))
    assert user.ask("ensure") == {"alive": True}
    assert user.query("select count(*) from kept") == [[0]]


def test_a_pid_file_that_names_a_foreign_process_does_not_stop_a_start(tmp_path, start):
    start(tmp_path / "data").ask("stop")
    pid_file = Path(Paths.of(tmp_path / "data").postgres, "postmaster.pid")
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n1\n5432\n/nowhere\n\n1 1\nready\n")
    pid_file.chmod(0o600)
    assert start(tmp_path / "data").query("select 1") == [[1]]


@as_root
def test_where_namespaces_are_refused_files_move_and_that_is_said(tmp_path, start):
    user = start(tmp_path / "data", sys.executable, str(USER.with_name("no_namespaces.py")))
    moved = Path(json.loads((tmp_path / "data" / "embedded" / "place.json").read_text())["data"]).parents[1]
    try:
        assert user.state["mode"] == "setuid"
        assert any(str(moved) in note for note in user.hello["notes"])
        assert mode(moved) == 0o700
        assert f"Uid:\t{moved.stat().st_uid}\t" in Path(f"/proc/{user.state['postgres']}/status").read_text()
        assert user.query("select 1") == [[1]]
        user.leave()
        assert eventually(lambda: not running(user.state))
    finally:
        subprocess.run(["rm", "-rf", str(moved)], check=True)


def accepts(socket_dir):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(f"{socket_dir}/.s.PGSQL.5432") == 0


def answers(user):
    try:
        psycopg.connect(user.hello["urls"]["ADMIN"]).close()
    except psycopg.OperationalError:
        return False
    return True
