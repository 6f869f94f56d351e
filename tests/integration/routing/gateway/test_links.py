"""Connections of the gateway to PostgreSQL that die beside each other."""

import asyncio
import os

import psycopg
import pytest

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


async def test_a_statement_ends_at_its_deadline_and_the_next_one_works(database_url: str):
    link = PostgresLink(database_url, name="test slow")
    with pytest.raises(LinkError) as fault:
        await link.texts(b"select pg_sleep(30)::text", [], seconds=0.3)
    assert fault.value.unknown
    assert await pid_of(link)
    await link.close()
