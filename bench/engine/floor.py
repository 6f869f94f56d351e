"""The floor: each step is one statement and one commit, which stores its result and advances the run. psycopg alone.

usage: python -m bench.engine.floor DSN RUNS STEPS CONCURRENT
"""

import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import psycopg

TABLES = b"""
drop table if exists step, run;
create table run (id bigint primary key, at_step int not null, status text not null) with (fillfactor = 70);
create table step (run_id bigint, number int, output jsonb, at timestamptz default now(), primary key (run_id, number));
"""
START = b"insert into run values (%s, 0, 'running')"
STEP = b"""
with stored as (insert into step (run_id, number, output) values (%s, %s, '{"ok": true}'))
update run set at_step = %s, status = %s where id = %s
"""


def main(dsn: str, runs: int, steps: int, concurrent: int) -> float:
    """Seconds for all runs."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(TABLES)
    shares = [range(number, runs, concurrent) for number in range(concurrent)]
    began = time.perf_counter()
    with ThreadPoolExecutor(concurrent) as pool:
        list(pool.map(lambda share: _drive(dsn, share, steps), shares))
    return time.perf_counter() - began


def _drive(dsn: str, share: Iterable[int], steps: int) -> None:
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=1) as connection, connection.cursor() as cursor:
        for run in share:
            cursor.execute(START, (run,))
            for number in range(steps):
                status = "completed" if number == steps - 1 else "running"
                cursor.execute(STEP, (run, number, number + 1, status, run))


if __name__ == "__main__":
    print(main(sys.argv[1], *map(int, sys.argv[2:5])))
