"""A caller killed with -9 anywhere: nothing that may have been spent is given back, nothing is counted twice."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.cast import Cast, committed, conninfo
from tests.integration.keys.kit import Answer, Desk, expire, open_desk

pytestmark = committed

CALLER = """
import json, sys, time, psycopg
conninfo, ops, commit = sys.argv[1], sys.argv[2], sys.argv[3] == "commit"
connection = psycopg.connect(conninfo, autocommit=commit)
print(json.dumps(connection.execute("select keys_exchange(%s::jsonb)", [ops]).fetchone()[0]), flush=True)
time.sleep(60)
"""


@pytest.fixture
def desk(cast: Cast) -> Iterator[Desk]:
    with open_desk(cast) as opened:
        yield opened


def killed_after(*ops: Answer, commit: bool = True) -> list[Answer]:
    """Send a batch from another process, and kill that process as soon as it has the answers."""
    arguments = [sys.executable, "-c", CALLER, conninfo(), json.dumps(ops), "commit" if commit else "open"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answers: list[Answer] = json.loads(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
    return answers


def test_killed_between_hold_and_settlement(desk: Desk) -> None:
    limit = desk.limit(1000)
    op = desk.hold_op(400)
    assert killed_after(op)[0]["ok"]
    assert desk.counters(limit) == (0, 400, 0)
    desk.overdue(op)
    assert expire() == 1
    assert desk.counters(limit) == (400, 0, 0)
    assert desk.proof().balances


def test_killed_before_the_commit_of_a_hold(desk: Desk) -> None:
    limit = desk.limit(1000)
    assert killed_after(desk.hold_op(1000), commit=False)[0]["ok"]
    assert desk.ask(desk.hold_op(1000))[0]["ok"], "the lock of the dead caller is gone, and so is its hold"
    assert desk.counters(limit) == (0, 1000, 0)


def test_killed_before_the_commit_of_a_settlement_which_is_then_repeated(desk: Desk) -> None:
    limit = desk.limit(1000)
    held = desk.take(400)
    end = desk.end_op(held, "settle", 500)
    assert killed_after(end, commit=False) == [{"ok": True, "overrun": 100}]
    assert desk.ask(end) == [{"ok": True, "overrun": 100}]
    assert desk.counters(limit) == (400, 0, 100)


def test_killed_after_the_commit_of_a_settlement_which_is_then_repeated(desk: Desk) -> None:
    limit = desk.limit(1000)
    held = desk.take(400)
    end = desk.end_op(held, "settle", 500)
    killed_after(end)
    assert desk.ask(end) == [{"ok": False, "reason": "settled", "overrun": 100}]
    assert desk.counters(limit) == (400, 0, 100)
    assert desk.proof().balances


def test_killed_ten_times_over_and_over(desk: Desk) -> None:
    limit = desk.limit(1000)
    ops = [desk.hold_op(100) for _ in range(12)]
    answers = [killed_after(op)[0] for op in ops]
    assert [answer["ok"] for answer in answers] == [True] * 10 + [False] * 2
    for op in ops[:10]:
        desk.overdue(op)
    assert expire() == 10
    assert desk.counters(limit) == (1000, 0, 0)
    assert not desk.ask(desk.hold_op(1))[0]["ok"]
