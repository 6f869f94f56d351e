"""Frozen, not stopped: a connection, the database, Redis. Latency stays bounded, nothing is free, revocation is
obeyed."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest

from tests.cast import committed
from tests.gateway import Gateway, running_gateway
from tests.integration.routing.gateway.conftest import Bank, eventually

pytestmark = committed

HELLO = [{"role": "user", "content": "Good morning"}]


def ask(gateway: Gateway, bank: Bank, **options: Any) -> httpx.Response:
    body = {"model": "chat", "messages": HELLO, "max_tokens": 5, **options}
    headers = {"authorization": f"Bearer {bank.key.secret}"}
    return httpx.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers, timeout=30)


def warm_up(gateway: Gateway, bank: Bank) -> None:
    """Until a call passes: the gateway may still be recovering from the test before."""
    assert eventually(lambda: ask(gateway, bank).status_code, lambda code: code == 200) == 200


@contextmanager
def frozen(*names: str) -> Iterator[None]:
    """The server processes behind the gateway's connections of these names, stopped by SIGSTOP."""
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], autocommit=True) as admin:
        query = "select pid from pg_stat_activity where application_name = any(%s)"
        pids = [pid for (pid,) in admin.execute(query, (list(names),)).fetchall()]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.faults
@pytest.mark.parametrize("names", [("gateway stamps",), ("gateway reader",), ("gateway stamps", "gateway reader")])
def test_a_revoked_key_is_refused_within_a_second_though_connections_freeze(
    gateway: Gateway, bank: Bank, names: tuple[str, ...]
) -> None:
    bank.route("chat", "sandbox-small")
    warm_up(gateway, bank)

    with frozen(*names):
        with bank.acting():
            bank.world.revoke(bank.key)
        time.sleep(1)
        answer = ask(gateway, bank)

    assert answer.status_code in (401, 503)
    assert answer.json()["error"]["code"] in ("key_revoked", "configuration_unavailable")
    assert eventually(lambda: ask(gateway, bank).status_code, lambda code: code == 401, seconds=2) == 401


@pytest.mark.faults
def test_a_frozen_poll_connection_is_replaced_and_calls_go_on(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small")
    warm_up(gateway, bank)

    with frozen("gateway stamps"):
        until = time.monotonic() + 2
        codes = set()
        while time.monotonic() < until:
            codes.add(ask(gateway, bank).status_code)

    assert codes == {200}


def test_a_frozen_ledger_refuses_in_bounded_time_and_then_recovers(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small")
    warm_up(gateway, bank)

    with frozen("gateway holds"):
        began = time.monotonic()
        refused = ask(gateway, bank)
        took = time.monotonic() - began
        after = ask(gateway, bank)

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "accounting_unavailable")
    assert refused.headers["retry-after"] == "1"
    assert took < 2.5
    assert after.status_code == 200
    assert {kind for kind, _, _ in bank.settled()} <= {"settled", "released"}


@pytest.mark.faults
def test_frozen_settlements_are_written_when_the_database_is_back(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small")
    warm_up(gateway, bank)
    bank.settled()

    with frozen("gateway settlements"):
        assert ask(gateway, bank).status_code == 200

    ends = eventually(lambda: bank.rows("keys_ledgerentry", "kind"), lambda rows: len(rows) == 2, seconds=15)
    assert ends == [("settled",), ("settled",)]
    assert len(bank.records(2)) == 2


@contextmanager
def silent_server() -> Iterator[int]:
    """A port where connections are taken and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []
        stop = threading.Event()

        def take() -> None:
            server.settimeout(0.1)
            while not stop.is_set():
                try:
                    taken.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            stop.set()
            thread.join()
            for sock in taken:
                sock.close()


@pytest.mark.faults
def test_a_frozen_redis_only_means_no_cache(bank: Bank, database_url: str) -> None:
    bank.route("chat", "sandbox-small", cache_ttl_seconds=60)
    with silent_server() as port, running_gateway(database_url, f"redis://127.0.0.1:{port}") as gateway:
        warm_up(gateway, bank)
        began = time.monotonic()
        answers = [ask(gateway, bank) for _ in range(3)]
        took = time.monotonic() - began

    assert [answer.status_code for answer in answers] == [200] * 3
    assert {answer.headers["x-orchestration-cache"] for answer in answers} == {"miss"}
    assert took < 3


@pytest.mark.faults
def test_without_redis_everything_works_but_the_cache(bank: Bank, database_url: str) -> None:
    bank.route("chat", "sandbox-small", cache_ttl_seconds=60)
    with running_gateway(database_url, "redis://127.0.0.1:9") as gateway:
        assert [ask(gateway, bank).status_code for _ in range(2)] == [200, 200]
