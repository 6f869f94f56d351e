"""Lines on the terminal: a coloured prefix per process, steps with their time. One lock, so that lines stay whole."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_COLOURS = ("36", "32", "33", "35", "34", "31")
_WIDTH = 9


class Terminal:
    """Writes to standard output; colours only for a person (`NO_COLOR` is obeyed)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._colours: dict[str, str] = {}
        self._plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ

    def line(self, name: str, text: str) -> None:
        """One line of one process."""
        self.write(f"{self._paint(name.ljust(_WIDTH), name)} | {text}")

    def write(self, text: str = "") -> None:
        with self._lock:
            try:
                sys.stdout.write(text + "\n")
                sys.stdout.flush()
            except BrokenPipeError:
                return  # whoever read us has gone; the processes go on until we are told to stop

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step before it starts and say how long it took."""
        started = time.monotonic()
        self.write(f"  {title} ...")
        yield
        self.write(f"  {title}: {time.monotonic() - started:.1f} s")

    def _paint(self, text: str, name: str) -> str:
        if self._plain:
            return text
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        return f"\033[{colour}m{text}\033[0m"
