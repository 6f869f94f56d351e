"""Text in, one row of text out: prepared statements over libpq's non-blocking calls.

A psycopg cursor adapts values and registers with the event loop anew for every statement, which took a quarter of what
the gateway itself spends on a call. The ledger needs none of it: its statements are few and known, their parameters and
answers are text.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result

Columns = list[bytes | None]


class TextStatements:
    """Runs one statement at a time on an open autocommit connection, which nothing else may use from then on."""

    def __init__(self, connection: "psycopg.AsyncConnection[Any]") -> None:
        self._pg = connection.pgconn
        self._pg.nonblocking = 1
        self._loop = asyncio.get_running_loop()
        self._socket = self._pg.socket
        self._names: dict[bytes, bytes] = {}
        self._results: list[pq.abc.PGresult] = []
        self._answer: asyncio.Future[list[pq.abc.PGresult]] | None = None
        self.is_closed = False
        self._loop.add_reader(self._socket, self._read)

    async def row(self, statement: bytes, parameters: Sequence[bytes | None]) -> Columns:
        """The columns of the only row; psycopg.Error as a cursor would raise it."""
        if self.is_closed:
            raise psycopg.OperationalError("the connection is closed")
        name = self._names.get(statement)
        if name is None:
            name = b"text_%d" % len(self._names)
            self._pg.send_prepare(name, statement)
            _last(await self._sent())
            self._names[statement] = name
        self._pg.send_query_prepared(name, parameters)
        result = _last(await self._sent())
        return [result.get_value(0, column) for column in range(result.nfields)]

    def close(self) -> None:
        """Stop watching the socket, once; to be called before the connection is closed.

        libpq closes the socket of a connection that it finds dead, and the next one may get its number: whoever stopped
        watching that number again would silence a connection of somebody else for good.
        """
        if self.is_closed:
            return
        self.is_closed = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._fail(psycopg.OperationalError("the connection is closed"))

    def _sent(self) -> "asyncio.Future[list[pq.abc.PGresult]]":
        self._results = []
        self._answer = self._loop.create_future()
        if self._pg.flush():
            self._loop.add_writer(self._socket, self._flush)
        return self._answer

    def _flush(self) -> None:
        try:
            if not self._pg.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.Error:
            self.close()

    def _read(self) -> None:
        try:
            self._pg.consume_input()
            while not self._pg.is_busy():
                result = self._pg.get_result()
                if result is None:
                    self._finish()
                    return
                self._results.append(result)
        except psycopg.Error as error:
            self._fail(error)
            self.close()

    def _finish(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_result(self._results)

    def _fail(self, error: psycopg.Error) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(error)


def _last(results: Sequence[pq.abc.PGresult]) -> pq.abc.PGresult:
    for result in results:
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            raise error_from_result(result)
    if not results:
        raise psycopg.OperationalError("the server sent no result")
    return results[-1]
