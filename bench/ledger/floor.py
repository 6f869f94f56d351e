"""The floor: one row inserted and committed at a time, on a connection per caller. psycopg alone."""

import asyncio
import time

import psycopg

TABLE = "create table if not exists bench_floor (id bigserial primary key, taken double precision not null)"
INSERT = "insert into bench_floor (taken) values (%s)"


async def floor(dsn: str, *, callers: int, seconds: float) -> list[float]:
    """How long each insert took, in seconds."""
    connections = [
        await psycopg.AsyncConnection.connect(dsn, autocommit=True, prepare_threshold=0) for _ in range(callers)
    ]
    await connections[0].execute(TABLE)
    taken: list[float] = []
    until = time.perf_counter() + seconds

    async def caller(connection: "psycopg.AsyncConnection[tuple[object, ...]]") -> None:
        cursor = connection.cursor()
        while (began := time.perf_counter()) < until:
            await cursor.execute(INSERT, (began,))
            taken.append(time.perf_counter() - began)

    try:
        await asyncio.gather(*map(caller, connections))
    finally:
        for connection in connections:
            await connection.close()
    return taken
