"""Expressions outside the portable subset, in the real children: they end at their limits and harm nothing."""

import os
import signal
import threading
import time

import pytest

from tests.system import eventually
from workflows.adapters.jq_pool import JqPool
from workflows.domain.expressions import (
    BoundedEvaluator,
    EvaluatorUnavailable,
    ExpressionError,
    ExpressionLimit,
    Limits,
)

LIMITS = Limits(seconds=0.5, memory_bytes=256 * 1024 * 1024, output_bytes=100_000)


@pytest.fixture
def pool():
    pool = JqPool(places=2)
    yield pool
    pool.close()


@pytest.fixture
def evaluator(pool):
    return BoundedEvaluator(pool, limits=LIMITS)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[.items[] | select(.n > $context.least) | .n] | add", 5),
        ("reduce .items[] as $i (0; . + $i.n)", 6),
        ('.name | ascii_upcase | test("^A")', True),
        (".items | group_by(.n > 1) | map(length)", [1, 2]),
        ("9007199254740993 * 3", 27021597764222979),
        ('"x" * 3', "xxx"),
        ("empty", None),
    ],
)
def test_any_expression_gives_its_value(evaluator, expression, value):
    data = {"name": "an", "items": [{"n": 1}, {"n": 2}, {"n": 3}]}
    assert evaluator.evaluate(expression, data, {"context": {"least": 1}}) == value


@pytest.mark.parametrize(
    "expression",
    [
        "def f: f; f",
        "[range(1e12)] | length",
        "last(range(1e12))",
        "def f: 1 + f; f",
        "[limit(1e9; repeat(1))] | length",
        'until(false; . + "x")',
        "reduce range(64) as $i (\"x\"; . + .) | length",
        "[range(1e9) | tostring * 1000] | length",
        '("a" * 30 + "b") | test("^(a+)+$")',
        "[range(100000)]",
        "reduce range(20000) as $i (1; [.])",
        "def c: (., .) | c; c",
    ],
)  # fmt: skip
def test_what_loops_or_explodes_ends_at_a_limit_and_the_next_one_works(evaluator, expression):
    with pytest.raises(ExpressionError):
        evaluator.evaluate(expression, "", {})
    assert evaluator.evaluate("[.[]] | length", [1, 2], {}) == 2


def test_a_loop_ends_by_processor_time(evaluator):
    began = time.monotonic()
    with pytest.raises(ExpressionLimit, match="longer"):
        evaluator.evaluate("last(range(1e12))", None, {})
    assert time.monotonic() - began < LIMITS.seconds * 10


def test_several_results_are_an_error(evaluator):
    with pytest.raises(ExpressionError, match="several results"):
        evaluator.evaluate(".[]", [1, 2, 3], {})


def test_a_child_knows_nothing_of_our_environment(pool):
    os.environ["SHOULD_NOT_BE_SEEN"] = "1"
    try:
        # past the check of names, as if that had failed
        assert pool.run("env | keys", None, {}, LIMITS) in ([[]], [["LC_CTYPE"]])
    finally:
        del os.environ["SHOULD_NOT_BE_SEEN"]


def test_errors_do_not_quote_secrets(evaluator):
    with pytest.raises(ExpressionError) as caught:
        evaluator.evaluate("$secrets.key | error", None, {"secrets": {"key": "s3cret"}})
    assert "s3cret" not in str(caught.value)


def test_a_child_that_was_killed_is_replaced(pool, evaluator):
    evaluator.evaluate("[.[]]", [1], {})
    os.kill(pool._idle[0]._process.pid, signal.SIGKILL)
    pool._idle[0]._process.wait()
    assert evaluator.evaluate("[.[]]", [2], {}) == [2]


def test_threads_share_the_children_and_get_their_own_answers(evaluator, pool):
    found = {}

    def ask(number):
        found[number] = evaluator.evaluate("[.[] | . * 2] | add", [number, number], {})

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: number * 4 for number in range(12)}
    assert len(pool._idle) <= 2


def ends_at_a_limit(pool, limits):
    with pytest.raises(ExpressionLimit):
        pool.run("last(range(1e12))", None, {}, limits)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_child_killed_at_work_is_no_fault_of_the_expression(pool, sent):
    found = []

    def ask():
        try:
            pool.run("last(range(1e12))", None, {}, Limits(seconds=30))
        except Exception as error:
            found.append(type(error))

    before = signal.signal(sent, signal.SIG_DFL) if sent == signal.SIGHUP else None  # under nohup it is ignored
    pool.run("1", None, {}, Limits(seconds=30))
    if before is not None:
        signal.signal(sent, before)
    child = pool._idle[0]._process.pid
    asking = threading.Thread(target=ask)
    asking.start()
    assert eventually(lambda: not pool._idle)
    time.sleep(0.2)
    os.kill(child, signal.SIGINT)  # Ctrl-C at the terminal ends nothing
    os.kill(child, sent)
    asking.join()
    assert found == [EvaluatorUnavailable]


def test_whoever_finds_no_place_in_time_may_try_again():
    pool = JqPool(places=1, wait_seconds=0.05)
    slow = Limits(seconds=2)
    busy = threading.Thread(target=lambda: ends_at_a_limit(pool, slow))
    pool.run("1", None, {}, slow)
    busy.start()
    assert eventually(lambda: not pool._idle)
    with pytest.raises(EvaluatorUnavailable):
        pool.run("1", None, {}, slow)
    busy.join()
    assert pool.run("1", None, {}, slow) == [1]
    pool.close()


def test_large_data_pass_in_both_directions(pool):
    data = [{"text": "ü" * 100}] * 20_000
    limits = Limits(output_bytes=20_000_000)
    assert pool.run("[.[] | .text]", data, {}, limits) == [["ü" * 100] * 20_000]
