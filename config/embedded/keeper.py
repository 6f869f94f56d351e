"""The process that owns the private servers: starts them, restarts one that dies, stops them when nobody is left.

usage: python -m config.embedded.keeper DATA_DIR durable|fast

Says what it does on standard output, one JSON object a line, until both servers answer; then it is silent.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, Any

from config.embedded import place as places
from config.embedded import postgres, secrets, sockets, valkey
from config.embedded.errors import EmbeddedError
from config.embedded.paths import Paths, acquire, read_private, write_private

READY_SECONDS = 20.0
LINGER_SECONDS = 1.5
POLL_SECONDS = 0.2
STOP_SECONDS = 8.0
LONGEST_PAUSE_SECONDS = 5.0
LARGEST_LOG = 20_000_000

Process = subprocess.Popen[bytes]


class Keeper:
    """Owns one PostgreSQL and one Valkey for one data directory."""

    def __init__(self, paths: Paths, *, durable: bool, say: Callable[[dict[str, Any]], None]) -> None:
        self.paths = paths
        self.durable = durable
        self.say = say
        self.secrets = secrets.load(paths)
        self.place = places.find(paths, lambda text: say({"note": text}))
        self.sockets = sockets.socket_directory(read_private(paths.state).get("socket_dir", ""), self.place)
        self.log = _open_log(paths.log)
        self.stopping = False
        self.pause = POLL_SECONDS
        self.try_again = 0.0
        self.postgres: Process | None = None
        self.valkey: Process | None = None

    def start(self) -> None:
        """Bring both servers to the point where they answer."""
        if not (self.paths.postgres / "PG_VERSION").exists():
            self.say({"note": "making the data directory of the private PostgreSQL"})
        postgres.initialise(self.place, self.secrets.postgres, durable=self.durable)
        self.valkey = valkey.start(self.place, self.sockets, self.secrets.redis, self.log)
        self.postgres = postgres.start(self.place, self.sockets, self.log, durable=self.durable)
        self._wait_ready(self.postgres, self.valkey)
        state = {"socket_dir": str(self.sockets), "keeper": os.getpid()}
        pids = {"postgres": self.postgres.pid, "valkey": self.valkey.pid}
        write_private(self.paths.state, {**state, **pids, "mode": self.place.mode, "data": self.place.data})

    def watch(self) -> None:
        """Restart a server that ended, until nobody uses them."""
        unused_since: float | None = None
        while True:
            time.sleep(POLL_SECONDS)
            self._restart_ended()
            now = time.monotonic()
            last = self._last_user_left()
            if last is None:
                unused_since = None
                self.stopping = False
                continue
            unused_since = unused_since or now
            if self.stopping or now - unused_since >= LINGER_SECONDS:
                self.stop()
                return
            last.close()

    def stop(self) -> None:
        """Ask both to end, insist after a while, and remove the sockets."""
        for process, ask in ((self.postgres, signal.SIGINT), (self.valkey, signal.SIGTERM)):
            if process is not None and process.poll() is None:
                process.send_signal(ask)
        for process in (self.postgres, self.valkey):
            if process is not None:
                _wait_or_kill(process)
        self.paths.state.unlink(missing_ok=True)
        sockets.remove(self.sockets)

    def _last_user_left(self) -> IO[bytes] | None:
        """The lock of the users, exclusively, when nobody has it: a newcomer then waits for this keeper to end."""
        return acquire(self.paths.users_lock, fcntl.LOCK_EX, timeout_seconds=0)

    def _restart_ended(self) -> None:
        """Start again what ended, with growing pauses while it keeps ending (a full disk, for example)."""
        assert self.postgres is not None
        assert self.valkey is not None
        ended = [process for process in (self.postgres, self.valkey) if process.poll() is not None]
        if not ended:
            self.pause = max(POLL_SECONDS, self.pause - POLL_SECONDS / 10)
            return
        if time.monotonic() < self.try_again:
            return
        for process in ended:
            self._note(f"server {process.args!r} ended with {process.returncode}; starting it again")
        if self.valkey in ended:
            self.valkey = valkey.start(self.place, self.sockets, self.secrets.redis, self.log)
        if self.postgres in ended:
            self.postgres = postgres.start(self.place, self.sockets, self.log, durable=self.durable)
        self.try_again = time.monotonic() + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE_SECONDS)

    def _wait_ready(self, database: Process, redis: Process) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not (postgres.ready(self.place, database) and valkey.ready(self.sockets)):
            for process in (database, redis):
                if process.poll() is not None:
                    raise EmbeddedError(f"a private server ended at once:\n{_tail(self.paths.log)}")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"the private servers do not answer:\n{_tail(self.paths.log)}")
            time.sleep(0.005)

    def _note(self, text: str) -> None:
        self.log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} keeper: {text}\n".encode())
        self.log.flush()


def main(data_dir: str, durability: str) -> int:
    if os.fork():
        return 0  # so that whoever asked for it need not wait for it later
    paths = Paths.of(Path(data_dir))
    lock = acquire(paths.keeper_lock, fcntl.LOCK_EX, timeout_seconds=1)
    if lock is None:
        _say({"error": "another keeper runs already"})
        return 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keeper: Keeper | None = None
    try:
        keeper = Keeper(paths, durable=durability == "durable", say=_say)
        _stop_on_request(keeper)
        keeper.start()
    except (EmbeddedError, OSError) as error:
        if keeper is not None:
            keeper.stop()
        _say({"error": str(error)})
        return 1
    _say({"ready": True})
    _let_go_of_output()
    keeper.watch()
    return 0


def _stop_on_request(keeper: Keeper) -> None:
    """SIGTERM asks to stop without lingering; while others use the servers it changes nothing."""

    def handle(_signal: int, _frame: FrameType | None) -> None:
        keeper.stopping = True

    signal.signal(signal.SIGTERM, handle)


def _say(message: dict[str, Any]) -> None:
    try:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_output()


def _let_go_of_output() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)


def _open_log(path: Path) -> IO[bytes]:
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    log = path.open("ab")
    path.chmod(0o600)
    return log


def _tail(path: Path, lines: int = 12) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _wait_or_kill(process: Process) -> None:
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
