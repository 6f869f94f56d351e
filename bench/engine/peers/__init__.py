"""The floor and DBOS, each in a process of its own. DBOS lives in a virtual environment under .bench."""

import subprocess
import sys
import venv
from pathlib import Path

from bench.gateway.peers import WORK

HERE = Path(__file__).parent


def floor(dsn: str, *, runs: int, steps: int, concurrent: int) -> float:
    """Seconds that psycopg alone needs."""
    return _seconds([sys.executable, "-m", "bench.engine.floor"], dsn, runs, steps, concurrent)


def dbos(dsn: str, *, runs: int, steps: int, concurrent: int) -> float:
    """Seconds that DBOS needs."""
    dsn = dsn.replace("postgresql://", "postgresql+psycopg://", 1)
    return _seconds([str(_dbos()), str(HERE / "dbos_runs.py")], dsn, runs, steps, concurrent)


def _seconds(command: list[str], dsn: str, *numbers: int) -> float:
    arguments = [*command, dsn, *map(str, numbers)]
    done = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True, timeout=300)
    return float(done.stdout.splitlines()[-1])


def _dbos() -> Path:
    """The Python of DBOS' environment, installed from its lock into .bench once and again when the lock changes."""
    folder, lock = WORK / "dbos", HERE / "dbos.txt"
    stamp, python = folder / "lock.txt", folder / "bin" / "python"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        sys.stdout.write("installing DBOS into .bench (once) ...\n")
        sys.stdout.flush()
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(lock)]
        subprocess.run(pip, check=True)
        stamp.write_bytes(lock.read_bytes())
    return python
