"""Connections of the gateway to PostgreSQL that die beside each other."""

import asyncio
import os
from uuid import uuid4

import psycopg
import pytest

from routing.adapters.postgres_config import PostgresConfigStore
from routing.adapters.postgres_link import LinkError, PostgresLink
from tests.cast import committed

pytestmark = committed
SECONDS = 5.0
PID = b"select pg_backend_pid()::text"


async def pid_of(link: PostgresLink) -> int:
    return int((await link.texts(PID, [], seconds=SECONDS))[0] or b"0")


async def ended(link: PostgresLink) -> int:
    """End the link's backend, and wait until its process here has noticed; the number of the socket it had."""
    connection = link._connection
    assert connection is not None
    number = connection.fileno()
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(%s, 5000)", [await pid_of(link)])
    for _ in range(500):
        if connection.closed:
            return number
        await asyncio.sleep(0.01)
    raise AssertionError("nobody noticed")


def end_all(*names: str) -> None:
    """End all backends of these names, and wait until they have ended."""
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], autocommit=True) as admin:
        query = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = any(%s)"
        assert admin.execute(query, [list(names)]).fetchall()


async def test_a_dead_connection_does_not_silence_the_one_that_got_its_socket(database_url: str):
    dead = PostgresLink(database_url, name="test dead")
    await pid_of(dead)
    number, others = await ended(dead), []
    while not others or others[-1]._connection.fileno() != number:
        assert len(others) < 50, "no connection got the number"
        others.append(PostgresLink(database_url, name="test other"))
        await pid_of(others[-1])
    assert await pid_of(dead)
    assert await pid_of(others[-1])
    for link in (dead, *others):
        await link.close()


async def test_a_connection_that_died_unnoticed_costs_no_reader_an_answer(database_url: str):
    store = PostgresConfigStore(database_url)
    await store.open()
    for read in (lambda: store.poll_stamps([uuid4()]), lambda: store.stamp(uuid4()), lambda: store.find_key(b"-")):
        end_all("gateway stamps", "gateway reader")
        assert not await read()
    await store.close()


async def test_a_statement_ends_at_its_deadline_and_the_next_one_works(database_url: str):
    link = PostgresLink(database_url, name="test slow")
    with pytest.raises(LinkError) as fault:
        await link.texts(b"select pg_sleep(30)::text", [], seconds=0.3)
    assert fault.value.unknown
    assert await pid_of(link)
    await link.close()
