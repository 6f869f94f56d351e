"""Starting what is measured: the mock upstream, ours, LiteLLM proxy, nginx. All on loopback, each pinned to a core."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
WORK = Path(".bench").absolute()
GATEWAY_CORE, LOAD_CORE = "0", "1"
LITELLM_PORT, NGINX_PORT = 4000, 8090
UPSTREAMS = ("9000:0:50:0", "9002:0:50:2")  # port:delay ms:chunks:interval ms


def compiled(name: str) -> Path:
    """Compile one of the C tools into .bench, unless it is there and newer than its source."""
    source, program = HERE / "native" / f"{name}.c", WORK / name
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        WORK.mkdir(exist_ok=True)
        subprocess.run(["cc", "-O2", "-o", str(program), str(source)], check=True)
    return program


@contextmanager
def mock_upstream() -> Iterator[None]:
    """The upstream, on the core of the load driver."""
    with started([str(compiled("mock_upstream")), *UPSTREAMS], core=LOAD_CORE):
        for upstream in UPSTREAMS:
            wait_for(int(upstream.split(":")[0]))
        yield


@contextmanager
def litellm_proxy() -> Iterator[int]:
    """LiteLLM proxy in a virtual environment of its own; yields its process id."""
    program = _litellm()
    environment = {
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOG": "ERROR",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "PATH": f"{program.parent}:{os.environ['PATH']}",
    }
    command = [str(program), "--config", str(HERE / "peers" / "litellm.yaml"), "--host", "127.0.0.1"]
    command += ["--port", str(LITELLM_PORT), "--num_workers", "1"]
    with started(command, core=GATEWAY_CORE, environment=environment) as process:
        wait_for(LITELLM_PORT, seconds=120)
        yield process.pid


@contextmanager
def nginx() -> Iterator[int]:
    """nginx as a bare reverse proxy; yields its process id, 0 where nginx is not installed."""
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        yield 0
        return
    folder = WORK / "nginx"
    folder.mkdir(parents=True, exist_ok=True)
    command = [program, "-p", str(folder), "-c", str(HERE / "peers" / "nginx.conf")]
    with started(command, core=GATEWAY_CORE) as process:
        wait_for(NGINX_PORT)
        yield process.pid


@contextmanager
def started(
    command: list[str], *, core: str, environment: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command on one core in a process group of its own, and end the whole group."""
    log = (WORK / f"{Path(command[0]).name}.log").open("wb")
    process = subprocess.Popen(
        ["taskset", "-c", core, *command],
        env={**os.environ, **(environment or {})},
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


def wait_for(port: int, *, seconds: float = 30) -> None:
    """Wait until somebody listens."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port} after {seconds:.0f} s; see the logs in {WORK}")


def _litellm() -> Path:
    """Install LiteLLM from its lock into .bench/litellm once; a changed lock installs again."""
    folder, lock = WORK / "litellm", HERE / "peers" / "litellm.txt"
    stamp, program = folder / "lock.txt", folder / "bin" / "litellm"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        sys.stdout.write("installing LiteLLM proxy into .bench (once) ...\n")
        venv.create(folder, with_pip=True, clear=True)
        pip = [
            str(folder / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "-r",
            str(lock),
        ]
        subprocess.run(pip, check=True)
        stamp.write_bytes(lock.read_bytes())
    return program
