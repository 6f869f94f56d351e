"""Importing this gives the test suite its own servers: a new directory per session, fsync off, gone at the end.

Done before settings are read. Worker processes of pytest-xdist inherit the addresses and start nothing. With
DATABASE_URL set, the suite uses that server, and DATABASE_ADMIN_URL says who may create databases there.
"""

import atexit
import os
import shutil
import tempfile
import time
from pathlib import Path

from config.embedded.client import ensure, stop
from config.embedded.paths import Paths, held
from config.env import env_assign

PREFIX = "orchestration-test-"
ABANDONED_SECONDS = 600


def start() -> None:
    """Start the servers and set the variables that settings will read."""
    env_assign({"ENVIRONMENT": "test"})
    if os.environ.get("DATABASE_URL"):
        return
    _clear_abandoned(Path(tempfile.gettempdir()))
    data_dir = Path(tempfile.mkdtemp(prefix=PREFIX))
    services = ensure(data_dir, durable=False)
    atexit.register(_finish, data_dir, os.getpid())
    env_assign({**services.variables(), "DATABASE_ADMIN_URL": services.admin_url, "DATA_DIR": str(data_dir)})


def _finish(data_dir: Path, pid: int) -> None:
    """Not in forked children, which inherit the hook."""
    if os.getpid() == pid:
        stop(data_dir)
        shutil.rmtree(data_dir, ignore_errors=True)


def _clear_abandoned(directory: Path) -> None:
    """Remove what killed sessions left; their servers ended with them."""
    for path in directory.glob(f"{PREFIX}*"):
        lock = Paths.of(path).keeper_lock
        try:
            old = time.time() - path.stat().st_mtime > ABANDONED_SECONDS
            if old and path.stat().st_uid == os.geteuid() and not (lock.exists() and held(lock)):
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            continue


start()
