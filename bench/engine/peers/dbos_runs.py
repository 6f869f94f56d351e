"""DBOS: workflows of steps that do nothing, called by threads. Runs in DBOS' own environment, not in ours.

usage: python dbos_runs.py DSN RUNS STEPS CONCURRENT
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from dbos import DBOS  # type: ignore[import-not-found]  # installed under .bench only

WARM_UP_RUNS = 3


def main(dsn: str, runs: int, steps: int, concurrent: int) -> float:
    """Seconds for all runs, after a few that do not count."""
    DBOS(
        config={
            "name": "bench",
            "system_database_url": dsn,
            "log_level": "ERROR",
            "application_version": "1",
            "sys_db_pool_size": concurrent * 2,
            "max_executor_threads": 64,
        }
    )
    step = DBOS.step()(_step)

    def all_steps(number: int) -> int:
        for place in range(steps):
            step(place)
        return number

    workflow = DBOS.workflow()(all_steps)
    DBOS.launch()
    for number in range(WARM_UP_RUNS):
        workflow(number)
    began = time.perf_counter()
    with ThreadPoolExecutor(concurrent) as pool:
        list(pool.map(workflow, range(runs)))
    return time.perf_counter() - began


def _step(number: int) -> int:
    return number


if __name__ == "__main__":
    print(main(sys.argv[1], *map(int, sys.argv[2:5])), flush=True)
    os._exit(0)  # its background threads would wait
