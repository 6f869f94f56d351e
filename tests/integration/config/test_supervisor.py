"""`up` and its supervisor: what is started, restarted and stopped, and that nothing is left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("supervised.py")
PROJECT = SCRIPT.parents[3]


@pytest.fixture
def supervise(tmp_path):
    running = []

    def begin(**commands):
        arguments = [f"{name.replace('_on_demand', '?')}={command}" for name, command in commands.items()]
        running.append(
            subprocess.Popen(
                [sys.executable, str(SCRIPT), str(tmp_path), *arguments],
                stdout=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
                env=os.environ | {"PYTHONPATH": str(PROJECT), "OUT": str(tmp_path)},
            )
        )
        return running[-1]

    yield begin
    for process in running:
        process.terminate()
        process.communicate(timeout=15)


def lines(path):
    return path.read_text().split() if path.exists() else []


def eventually(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def gone(pid):
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def test_lines_carry_the_name_of_their_process(supervise, tmp_path):
    process = supervise(web="echo hello; exec sleep 60")
    assert process.stdout.readline() == "web       | hello\n"


def test_a_crashed_process_starts_again_with_growing_pauses(supervise, tmp_path):
    supervise(web="date +%s.%N >> $OUT/starts; exit 3")
    assert eventually(lambda: len(lines(tmp_path / "starts")) >= 4, 15)
    starts = [float(text) for text in lines(tmp_path / "starts")]
    assert starts[3] - starts[2] > starts[1] - starts[0]


def test_a_stop_ends_also_what_refuses_to_end(supervise, tmp_path):
    process = supervise(web="trap '' TERM; (trap '' TERM; echo $$ >> $OUT/pids; sleep 99) & echo $! >> $OUT/pids; wait")
    assert eventually(lambda: len(lines(tmp_path / "pids")) == 2)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=15)
    assert time.monotonic() - started < 8
    assert all(eventually(lambda pid=pid: gone(pid), 2) for pid in lines(tmp_path / "pids"))


def test_killing_the_supervisor_leaves_no_orphan(supervise, tmp_path):
    process = supervise(web="(trap '' TERM; exec sleep 99) & echo $! >> $OUT/pids; echo $$ >> $OUT/pids; wait")
    assert eventually(lambda: len(lines(tmp_path / "pids")) == 2)
    process.kill()
    assert all(eventually(lambda pid=pid: gone(pid)) for pid in lines(tmp_path / "pids"))


def test_a_process_on_demand_runs_only_while_needed(supervise, tmp_path):
    supervise(provider_on_demand="echo $$ >> $OUT/pids; exec sleep 99", web="exec sleep 99")
    time.sleep(1)
    assert not lines(tmp_path / "pids")
    (tmp_path / "needed").touch()
    assert eventually(lambda: lines(tmp_path / "pids"))
    (tmp_path / "needed").unlink()
    assert eventually(lambda: gone(lines(tmp_path / "pids")[0]))


def up(tmp_path, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", "up"],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=os.environ | {"DATA_DIR": str(tmp_path / "data"), "ENVIRONMENT": "development"} | environment,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("name", ["PORT", "GATEWAY_PORT", "SANDBOX_PORT", "DEMO_CORE_PORT"])
def test_a_taken_port_is_reported_with_the_variable_that_moves_it(name, tmp_path):
    ports = {"PORT": "18841", "GATEWAY_PORT": "18842", "SANDBOX_PORT": "18843", "DEMO_CORE_PORT": "18844"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = up(tmp_path, **ports | {name: str(taken.getsockname()[1])})
    assert result.returncode == 1
    assert result.stderr.startswith("cannot start: 127.0.0.1:")
    assert f"set {name} to a free port" in result.stderr


def test_equal_ports_are_refused(tmp_path):
    assert "use different ports" in up(tmp_path, PORT="18841", GATEWAY_PORT="18841").stderr
