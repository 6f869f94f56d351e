"""The private directory of the sockets: short, because a socket address holds about a hundred characters."""

import shutil
import stat
import tempfile
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.place import Place

LONGEST_SOCKET_DIR = 80


def socket_directory(previous: str, place: Place) -> Path:
    """The directory of the last start if it is still ours, so that known addresses stay right; else a new one."""
    if previous and _ours(Path(previous), place.uid):
        return Path(previous)
    for parent in ("/tmp", tempfile.gettempdir()):  # noqa: S108 - mkdtemp makes it 0700 under a fresh name
        if len(parent) < LONGEST_SOCKET_DIR and Path(parent).is_dir():
            path = Path(tempfile.mkdtemp(prefix="orchestration-", dir=parent))
            place.own(path)
            return path
    raise EmbeddedError("no short directory for sockets: /tmp is missing and TMPDIR is too long")


def remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


def _ours(path: Path, uid: int) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    private = stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == stat.S_IRWXU
    return private and status.st_uid in {uid, _effective_uid()}


def _effective_uid() -> int:
    import os

    return os.geteuid()
