"""How this process learns that it shall stop: while requests are still running, and when its parent is gone.

The server waits for open requests before it tells the application, so a long stream would hold it up. The signal is
seen here as well, beside the server's own handler, which still runs.
"""

import asyncio
import ctypes
import signal
import sys
from collections.abc import Callable
from types import FrameType

PR_SET_PDEATHSIG = 1
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def when_stopped(call: Callable[[], None]) -> None:
    """Run `call` in the present loop at the first signal to stop."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        _chain(number, loop, call)


def _chain(number: signal.Signals, loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    former = signal.getsignal(number)

    def handle(received: int, frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(call)
        if callable(former):
            former(received, frame)

    # The loop's own notice of the signal goes through the wake-up descriptor, which stays as it is.
    signal.signal(number, handle)
    signal.siginterrupt(number, False)


def stop_with_parent() -> None:
    """Ask the kernel for SIGTERM when the server's main process dies, else its workers would keep the port for ever."""
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
