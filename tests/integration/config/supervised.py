"""Runs a supervisor over shell commands. usage: supervised.py DIRECTORY NAME=COMMAND ... (NAME? = only on demand)"""

import os
import sys
from pathlib import Path

from config.supervisor.loop import Supervisor
from config.supervisor.plan import Process
from config.supervisor.terminal import Terminal


def main() -> None:
    directory = Path(sys.argv[1])
    named = [argument.partition("=") for argument in sys.argv[2:]]
    Supervisor(
        tuple(
            Process(name.rstrip("?"), ("/bin/sh", "-c", command), dict(os.environ), on_demand=name.endswith("?"))
            for name, _, command in named
        ),
        terminal=Terminal(),
        needed=(directory / "needed").exists,
        tend_services=lambda: None,
    ).run(started=lambda: None)


if __name__ == "__main__":
    main()
