"""Gives up root, ties its life to its parent and becomes a server. Run by path with `python -I -S`.

usage: launch.py MODE UID DEATH_SIGNAL PARENT DIRECTORY PROGRAM [ARGUMENT ...]

MODE keep: the user stays. MODE namespace: a user namespace in which this user is number UID; files of this user stay
reachable, also below a directory only this user may enter, and no capability is left. MODE setuid: become UID for good.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def main(mode: str, uid: str, death_signal: str, parent: str, directory: str, *command: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if mode == "namespace":
        _enter_namespace(libc, uid)
    elif mode == "setuid":
        os.setgroups([])
        os.setgid(int(uid))
        os.setuid(int(uid))
    if sys.platform == "linux":
        # after the change of user, which clears it
        libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != int(parent):
            sys.exit("the parent ended before its server started")
    os.umask(0o077)
    os.chdir(directory)
    os.execv(command[0], command)  # noqa: S606 - replacing this process is the point


def _enter_namespace(libc: ctypes.CDLL, uid: str) -> None:
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER) != 0:
        sys.exit(f"user namespaces are refused here: {os.strerror(ctypes.get_errno())}")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{uid} {outer_gid} 1", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1", encoding="ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
