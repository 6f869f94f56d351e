"""One PostgreSQL connection that is noticed when it freezes, and replaced.

psycopg answers a cancelled statement by asking the server to cancel it, which takes seconds when the server does not
answer. Here a statement past its deadline has its socket shut down instead: the wait ends at once, the next statement
connects anew. Every new connection is refused unless its role is a run-time role.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, LiteralString, TypeVar

import psycopg

from routing.adapters.postgres_text import Columns, TextStatements
from tenants.dbroles import QUERY, UnsafeRole, verdict

Row = tuple[Any, ...]
Result = TypeVar("Result")

_log = logging.getLogger(__name__)


class LinkError(Exception):
    """The statement failed or did not end in time; `unknown` says that it may have taken effect."""

    def __init__(self, message: str, *, unknown: bool, broken: bool) -> None:
        super().__init__(message)
        self.unknown = unknown
        self.broken = broken


class PostgresLink:
    """A lazily opened autocommit connection used by one statement at a time."""

    def __init__(
        self, url: str, *, name: str, connect_seconds: float = 1.0, settings: Sequence[LiteralString] = ()
    ) -> None:
        self._url = url
        self._name = name
        self._connect_seconds = connect_seconds
        self._settings = settings
        self._connection: psycopg.AsyncConnection[Row] | None = None
        self._texts: TextStatements | None = None
        self._turn = asyncio.Lock()

    @property
    def connected(self) -> bool:
        """Whether a connection is open at this moment."""
        return self._connection is not None and not self._connection.closed

    async def rows(self, statement: LiteralString, parameters: Sequence[Any] = (), *, seconds: float) -> list[Row]:
        """Run one statement and return its rows, all within `seconds`; LinkError otherwise."""

        async def execute(connection: psycopg.AsyncConnection[Row]) -> list[Row]:
            cursor = await connection.execute(statement, parameters or None)
            return await cursor.fetchall() if cursor.description else []

        return await self._within(seconds, execute)

    async def texts(self, statement: bytes, parameters: Sequence[bytes | None], *, seconds: float) -> Columns:
        """The only row of a statement of text parameters ($1, $2, …), all within `seconds`; LinkError otherwise.

        A link is used for `texts` or for `rows`, never for both.
        """

        async def execute(connection: psycopg.AsyncConnection[Row]) -> Columns:
            if self._texts is None:
                self._texts = TextStatements(connection)
            return await self._texts.row(statement, parameters)

        return await self._within(seconds, execute)

    async def open(self) -> None:
        """Connect ahead of need; UnsafeRole if the role must not be used, an unreachable server is only logged."""
        await self._turn.acquire()
        try:
            await self._open(asyncio.get_running_loop().time() + self._connect_seconds)
        except LinkError as error:
            if isinstance(error.__cause__, UnsafeRole):
                raise error.__cause__ from error
            _log.warning("%s: %s", self._name, error)
        finally:
            self._turn.release()

    async def close(self) -> None:
        """Close the connection; a later statement opens it again."""
        if self._texts is not None:
            self._texts.close()
            self._texts = None
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _take_turn(self, seconds: float) -> None:
        if not self._turn.locked():
            await self._turn.acquire()
            return
        try:
            async with asyncio.timeout(seconds):
                await self._turn.acquire()
        except TimeoutError as error:
            raise LinkError("the connection is busy", unknown=False, broken=False) from error

    async def _open(self, until: float) -> psycopg.AsyncConnection[Row]:
        if self._connection is not None and not self._is_dead(self._connection):
            return self._connection
        await self.close()
        seconds = min(self._connect_seconds, until - asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(max(seconds, 0.01)):
                self._connection = await self._connect()
        except (psycopg.Error, OSError, TimeoutError, UnsafeRole) as error:
            raise LinkError(f"cannot connect: {type(error).__name__}", unknown=False, broken=True) from error
        return self._connection

    async def _connect(self) -> psycopg.AsyncConnection[Row]:
        connection = await psycopg.AsyncConnection.connect(
            self._url,
            autocommit=True,
            prepare_threshold=0,
            application_name=self._name,
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=2,
            tcp_user_timeout=3000,
        )
        try:
            row = await (await connection.execute(QUERY)).fetchone()
            verdict(row or ("?", True, True, True))
            for setting in self._settings:
                await connection.execute(setting)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _within(
        self, seconds: float, execute: "Callable[[psycopg.AsyncConnection[Row]], Awaitable[Result]]"
    ) -> Result:
        until = asyncio.get_running_loop().time() + seconds
        await self._take_turn(seconds)
        try:
            return await self._watched(await self._open(until), until, execute)
        finally:
            self._turn.release()

    async def _watched(
        self,
        connection: psycopg.AsyncConnection[Row],
        until: float,
        execute: "Callable[[psycopg.AsyncConnection[Row]], Awaitable[Result]]",
    ) -> Result:
        loop = asyncio.get_running_loop()
        alarm = loop.call_at(until, self._give_up, connection)
        try:
            return await execute(connection)
        except psycopg.Error as error:
            broken = self._is_dead(connection) or loop.time() >= until
            if broken:
                await self.close()
            raise LinkError(f"{type(error).__name__}: {error}", unknown=broken, broken=broken) from error
        except asyncio.CancelledError:
            await self.close()
            raise
        finally:
            alarm.cancel()

    def _is_dead(self, connection: psycopg.AsyncConnection[Row]) -> bool:
        return connection.closed or connection.broken or (self._texts is not None and self._texts.is_closed)

    def _give_up(self, connection: psycopg.AsyncConnection[Row]) -> None:
        """End the wait whatever becomes of the socket: nobody may wait for ever for a connection."""
        _shut_down(connection)
        if self._texts is not None:
            self._texts.close()


def _shut_down(connection: psycopg.AsyncConnection[Row]) -> None:
    """End the wait of a statement on this connection: its socket reads as closed from now on."""
    with contextlib.suppress(OSError, psycopg.Error):
        duplicate = socket.socket(fileno=os.dup(connection.fileno()))
        with contextlib.suppress(OSError):
            duplicate.shutdown(socket.SHUT_RDWR)
        duplicate.close()
