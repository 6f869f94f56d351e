"""Which process of pytest-xdist runs what, as a pytest plugin: whole files, and as one what shares something expensive.

A server of the session is started by each process that runs a test with it. So everything on the running system is done
by one process, everything in the browser by another, and both begin with it: what takes longest must not come last.
"""

from collections import OrderedDict
from typing import Any

import pytest

# the first that fits; in the order in which they are handed out, then files with many tests before those with few
TOGETHER = {
    "tests/browser/": "browser",
    "tests/acceptance/test_tenant_sweep.py": "tenant sweep",
    "tests/acceptance/": "running system",
    "tests/faults/system/": "running system",
    "tests/faults/payment/": "running system",
    "tests/faults/workflows/test_outages.py": "running system",
    "tests/architecture/test_imports.py": "sources",
    "tests/architecture/test_sizes.py": "sources",
    "tests/architecture/test_doors.py": "sources",
    "tests/integration/routing/gateway/": "gateway",
    "tests/faults/gateway/": "gateway",
    "tests/integration/workflows/test_chat.py": "gateway",
    "tests/contract/routing/test_provider_process.py": "gateway",
}
FIRST = list(dict.fromkeys(TOGETHER.values()))


def together(nodeid: str) -> str:
    """What a test is handed out with."""
    return next((name for start, name in TOGETHER.items() if nodeid.startswith(start)), nodeid.partition("::")[0])


def turn(name: str, tests: int) -> tuple[int, int]:
    """Sorts what is handed out first to the front."""
    return (FIRST.index(name), 0) if name in FIRST else (len(FIRST), -tests)


class Waiting(OrderedDict[str, dict[str, bool]]):
    """What is not handed out yet: names with their tests."""

    def popitem(self, last: bool = True) -> tuple[str, dict[str, bool]]:
        """What is next, however long it has waited."""
        name = min(self, key=lambda name: turn(name, len(self[name])))
        return name, self.pop(name)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """In place of the scheduler that deals single tests to whoever is free."""
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Turns(LoadScopeScheduling):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.workqueue = Waiting()

        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    return Turns(config, log)
