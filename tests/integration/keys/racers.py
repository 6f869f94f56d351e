"""Callers in processes of their own, which race for the same limits."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import psycopg

from tests.integration.keys.ways import Answer, send


def race(conninfo: str, batches: list[list[Answer]], *, way: str = "batch", processes: int = 2) -> list[Answer]:
    """Send every batch at once, each on its own connection, over several processes; return all answers."""
    shares = [batches[start::processes] for start in range(processes)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        answered = pool.map(_run, [conninfo] * processes, shares, [way] * processes)
        return [answer for answers in answered for answer in answers]


def _run(conninfo: str, batches: list[list[Answer]], way: str) -> list[Answer]:
    connections = [psycopg.connect(conninfo, autocommit=True) for _ in batches]
    try:
        with ThreadPoolExecutor(len(batches)) as pool:
            answered = pool.map(send, connections, batches, [way] * len(batches))
            return [answer for answers in answered for answer in answers]
    finally:
        for connection in connections:
            connection.close()
