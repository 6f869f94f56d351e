"""Where the embedded services of one installation keep their things."""

import fcntl
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from config.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class Paths:
    """Files below `DATA_DIR/embedded`, a directory of mode 0700."""

    root: Path

    @classmethod
    def of(cls, data_dir: Path) -> "Paths":
        return cls(data_dir.absolute() / "embedded")

    def make(self) -> None:
        self.root.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root.mkdir(exist_ok=True, mode=0o700)
        self.root.chmod(0o700)

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def state(self) -> Path:
        """Written by the keeper once both servers answer: socket directory, pids, place."""
        return self.root / "state.json"

    @property
    def place(self) -> Path:
        """Present only where binaries and data had to move to another directory."""
        return self.root / "place.json"

    @property
    def roles(self) -> Path:
        """Digest of the SQL that made the roles."""
        return self.root / "roles.sha256"

    @property
    def log(self) -> Path:
        return self.root / "services.log"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def start_lock(self) -> Path:
        return self.root / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Shared by every process that uses the servers; exclusive for the keeper when it stops them."""
        return self.root / "users.lock"

    @property
    def keeper_lock(self) -> Path:
        """Exclusive for the life of the keeper."""
        return self.root / "keeper.lock"


def acquire(path: Path, kind: int, *, timeout_seconds: float) -> IO[bytes] | None:
    """Take a flock of `kind`, polling; None when it stays taken. Closing the file gives it back, and so does dying."""
    file = path.open("ab")
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                file.close()
                return None
            time.sleep(0.01)
        else:
            return file


def held(path: Path) -> bool:
    """Whether another process holds the lock exclusively."""
    probe = acquire(path, fcntl.LOCK_SH, timeout_seconds=0)
    if probe is not None:
        probe.close()
    return probe is None


def write_private(path: Path, value: object) -> None:
    """Replace a JSON file of mode 0600 in one step."""
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_private(path: Path) -> dict[str, Any]:
    """The content of a file made by `write_private`; empty when it is absent."""
    try:
        return cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise EmbeddedError(f"{path} is damaged: {error}") from error
