"""Private PostgreSQL and Valkey from wheels, for a machine that has neither. No Django here.

`ensure(data_dir)` starts both, or attaches to them when another process of this installation runs them already. A small
keeper process owns the servers. Every user holds a shared lock that the kernel drops when the process ends, kill -9
included; the keeper stops the servers when nobody holds it any more. If the keeper itself is killed, the kernel tells
the servers to shut down, and the next `ensure` clears what was left and starts again.
"""

from config.embedded.client import Services, alive, ensure, stop
from config.embedded.errors import EmbeddedError

__all__ = ["EmbeddedError", "Services", "alive", "ensure", "stop"]
