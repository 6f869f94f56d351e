"""Ends what is left of `up` if `up` is killed: the kernel tells the first process of each group, this one the others.

Run by path with `python -I -S`. Reads one line per change on standard input, `GROUP ...` being all groups that run; at
the end of input it asks them to end, waits and insists. After a line that says nothing runs it has nothing to do.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 5.0


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: list[int] = []
    for line in sys.stdin:
        groups = [int(word) for word in line.split()]
    deadline = time.monotonic() + GRACE_SECONDS
    for group in groups:
        _signal(group, signal.SIGTERM)
    while time.monotonic() < deadline and any(_signal(group, 0) for group in groups):
        time.sleep(0.05)
    for group in groups:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
