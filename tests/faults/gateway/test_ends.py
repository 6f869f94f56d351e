"""Processes that end, gently or not: what may have been spent is never given back."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx
import psycopg
import pytest
from django.db import connections

from tests.cast import committed
from tests.gateway import ROOT, Gateway, role_url, running_gateway
from tests.integration.routing.gateway.conftest import Bank, eventually
from tests.sandbox import SandboxServer

pytestmark = committed

HELLO = [{"role": "user", "content": "Good morning"}]


def request_of(bank: Bank, **options: Any) -> dict[str, Any]:
    body = {"model": "chat", "messages": HELLO, "max_tokens": 5, **options}
    return {"json": body, "headers": {"authorization": f"Bearer {bank.key.secret}"}, "timeout": 30}


def ask(gateway: Gateway, bank: Bank, **options: Any) -> httpx.Response:
    return httpx.post(f"{gateway.url}/v1/chat/completions", **request_of(bank, **options))


def database_name() -> str:
    """The database of this test worker."""
    return str(connections["default"].settings_dict["NAME"])


def expire_all(bank: Bank) -> None:
    """Let every hold be due, and run what the sweeper runs."""
    with psycopg.connect(
        os.environ["DATABASE_ADMIN_URL"].replace("/postgres?", f"/{database_name()}?"), autocommit=True
    ) as admin:
        admin.execute(
            "update keys_hold set admitted_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'"
        )
    from keys.services.accounting import holds_expire

    holds_expire()


def test_a_gateway_that_is_killed_in_mid_stream_gives_nothing_back(bank: Bank, database_url: str) -> None:
    bank.route("chat", "sandbox-slow-2000")
    with running_gateway(database_url, os.environ["REDIS_URL"]) as gateway:
        request = request_of(bank, stream=True, max_tokens=1000)
        with httpx.stream("POST", f"{gateway.url}/v1/chat/completions", **request) as answer:
            lines = answer.iter_lines()
            next(lines)
            gateway.kill()
            with pytest.raises(httpx.TransportError):
                list(lines)

    held = bank.rows("keys_hold", "amount")
    assert len(held) == 1
    expire_all(bank)
    assert bank.rows("keys_ledgerentry", "kind, amount") == [("expired", held[0][0])]


@pytest.mark.faults
@pytest.mark.parametrize("place", ["gateway.hold.after", "gateway.upstream.after", "gateway.settle.before"])
def test_a_kill_anywhere_after_the_hold_leaves_it_held(bank: Bank, database_url: str, place: str) -> None:
    bank.route("chat", "sandbox-small")
    variables = {"FAILPOINTS": f"{place}=kill"}
    with running_gateway(database_url, os.environ["REDIS_URL"], variables=variables) as gateway:
        with suppress(httpx.TransportError):
            ask(gateway, bank)
        time.sleep(0.3)

    assert len(bank.rows("keys_hold", "amount")) == 1
    assert bank.rows("keys_ledgerentry", "kind") == []


@pytest.mark.faults
def test_a_kill_after_the_settlement_changes_nothing(bank: Bank, database_url: str) -> None:
    bank.route("chat", "sandbox-small")
    variables = {"FAILPOINTS": "gateway.settle.after=kill"}
    with running_gateway(database_url, os.environ["REDIS_URL"], variables=variables) as gateway:
        ask(gateway, bank)
        time.sleep(0.3)

    assert [kind for kind, _, _ in bank.settled()] == ["settled"]
    assert len(bank.records(1)) == 1


@pytest.mark.faults
def test_a_gentle_stop_ends_streams_with_an_error_and_settles_them(bank: Bank, database_url: str) -> None:
    bank.route("chat", "sandbox-slow-5000")
    with running_gateway(database_url, os.environ["REDIS_URL"]) as gateway:
        with httpx.stream(
            "POST", f"{gateway.url}/v1/chat/completions", **request_of(bank, stream=True, max_tokens=1000)
        ) as answer:
            lines = answer.iter_lines()
            next(lines)
            began = time.monotonic()
            gateway.process.send_signal(signal.SIGTERM)
            rest = [line for line in lines if line]
        gateway.process.wait(10)
        took = time.monotonic() - began

    assert json.loads(rest[-1].removeprefix("data: "))["error"]["code"] == "shutting_down"
    assert took < 5
    assert [(kind, amount == held) for kind, amount, held in bank.settled()] == [("settled", True)]
    assert bank.records(1)[0]["status"] == "cut"


@pytest.mark.faults
def test_workers_end_when_the_servers_main_process_is_killed(bank: Bank, database_url: str) -> None:
    with running_gateway(database_url, os.environ["REDIS_URL"]) as gateway:
        httpx.get(f"{gateway.url}/healthz")
        os.kill(gateway.process.pid, signal.SIGKILL)
        gateway.process.wait()

        def answers() -> bool:
            try:
                return httpx.get(f"{gateway.url}/healthz", timeout=1).status_code == 200
            except httpx.TransportError:
                return False

        assert not eventually(answers, lambda found: not found, seconds=10)


def test_a_budget_for_ten_calls_admits_ten_of_a_hundred_over_two_processes(
    gateway: Gateway, bank: Bank, database_url: str, sandbox: SandboxServer
) -> None:
    bank.route("chat", "sandbox-exact")
    ask(gateway, bank, max_tokens=20)
    _, cost, held = bank.settled()[0]
    with bank.acting():
        key = bank.world.key("ten")
        limit = bank.world.limit(10 * held, key=key)
    sandbox.reset()

    with running_gateway(database_url, os.environ["REDIS_URL"]) as second:
        processes = [gateway, second]

        def call(number: int) -> httpx.Response:
            request = request_of(bank, max_tokens=20, stream=number % 4 > 1, model="chat")
            request["headers"] = {"authorization": f"Bearer {key.secret}"}
            for _ in range(20):  # as stock clients do: 503 says that nothing was decided and nothing sent
                answer = httpx.post(f"{processes[number % 2].url}/v1/chat/completions", **request)
                if answer.status_code != 503:
                    break
            return answer

        with ThreadPoolExecutor(100) as pool:
            answers = list(pool.map(call, range(100)))
        codes = [answer.status_code for answer in answers]

    refused = next(answer for answer in answers if answer.status_code == 429).json()["error"]
    spent = sum(amount for _, amount, _ in bank.settled()[1:])
    assert cost <= held
    assert sandbox.counts()["calls"] == codes.count(200)
    assert codes.count(200) >= 10
    assert codes.count(200) + codes.count(429) == 100
    assert refused["limit_id"] == str(limit.id)
    assert spent == codes.count(200) * cost <= limit.amount


@pytest.mark.parametrize("role", ["DATABASE_OWNER_URL", "DATABASE_ADMIN_URL"])
def test_it_refuses_to_start_with_a_role_that_could_ignore_row_security(bank: Bank, role: str) -> None:
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--loop", "uvloop", "--port", "0"]
    environment = {**os.environ, "DATABASE_GATEWAY_URL": role_url(role, database_name())}

    ended = subprocess.run(
        [*command, "config.gateway:app"], cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False
    )

    assert ended.returncode != 0
    assert b"UnsafeRole" in ended.stdout + ended.stderr


@pytest.mark.faults
def test_it_refuses_failpoints_in_production() -> None:
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--loop", "uvloop", "--port", "0"]
    environment = {**os.environ, "ENVIRONMENT": "production", "FAILPOINTS": "gateway.hold.after=kill"}

    ended = subprocess.run(
        [*command, "config.gateway:app"], cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False
    )

    assert ended.returncode != 0
    assert b"FAILPOINTS" in ended.stdout + ended.stderr


@pytest.mark.faults
def test_a_restarted_database_costs_no_money_and_little_time(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small")
    ask(gateway, bank)
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'gateway %'")

    codes = eventually(lambda: ask(gateway, bank).status_code, lambda code: code == 200, seconds=3)

    assert codes == 200
    assert {kind for kind, _, _ in bank.settled()} <= {"settled", "released"}
