"""Callers in processes of their own, which race for the same limits."""

import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import psycopg

Answer = dict[str, Any]


def race(conninfo: str, batches: list[list[Answer]], *, processes: int = 2) -> list[Answer]:
    """Send every batch at once, each on its own connection, over several processes; return all answers."""
    shares = [batches[start::processes] for start in range(processes)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return [answer for answers in pool.map(_run, [conninfo] * processes, shares) for answer in answers]


def _run(conninfo: str, batches: list[list[Answer]]) -> list[Answer]:
    connections = [psycopg.connect(conninfo, autocommit=True) for _ in batches]
    try:
        with ThreadPoolExecutor(len(batches)) as pool:
            return [answer for answers in pool.map(_send, connections, batches) for answer in answers]
    finally:
        for connection in connections:
            connection.close()


def _send(connection: "psycopg.Connection[Any]", batch: list[Answer]) -> list[Answer]:
    row = connection.execute("select keys_exchange(%s::jsonb)", [json.dumps(batch)]).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]
