"""What a sandbox model's name says, and how answers and tokens follow from it."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.demo.sandbox.answers import Question, answer, count_tokens, example_of, usage_after
from config.demo.sandbox.behaviour import fails_now, parse_model
from config.demo.sandbox.performance import delays

ROOT = Path(__file__).resolve().parents[3]
QUESTION = Question(
    last_user_text="Xin chào, số dư của tôi?",
    all_text="Xin chào, số dư của tôi?",
    after_tool_result=False,
    tool=None,
    json_schema=None,
    max_tokens=None,
)


@pytest.mark.parametrize(
    "name",
    ["gpt-4o", "sandbox-", "sandbox-unknown", "sandbox-cut", "sandbox-cut-x", "sandbox-fail-200", "sandbox-flaky-101"],
)
def test_other_names_are_no_models(name: str) -> None:
    assert parse_model(name) is None


@pytest.mark.parametrize("name", ["@cf/sandbox/sandbox-small", "openai/sandbox-small", "sandbox-small"])
def test_a_vendors_prefix_is_ignored(name: str) -> None:
    behaviour = parse_model(name)

    assert behaviour is not None
    assert behaviour.name == "sandbox-small"


def test_parts_of_a_name_add_up() -> None:
    behaviour = parse_model("sandbox-large+cut-3+reasoning-20")

    assert behaviour is not None
    assert (behaviour.style, behaviour.cut_after, behaviour.reasoning_tokens) == ("large", 3, 20)


@pytest.mark.parametrize(("percent", "failures"), [(0, 0), (1, 1), (33, 33), (100, 100)])
def test_failures_are_spread_exactly(percent: int, failures: int) -> None:
    behaviour = parse_model(f"sandbox-flaky-{percent}")

    assert behaviour is not None
    assert sum(fails_now(behaviour, number) for number in range(1, 101)) == failures


def test_a_slow_model_takes_its_time_over_the_whole_answer() -> None:
    behaviour = parse_model("sandbox-slow-1000")

    assert behaviour is not None
    first, interval = delays(behaviour, 9)
    assert first + 9 * interval == pytest.approx(1.0)


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("ố", 1), ("ốố", 2)])
def test_tokens_are_a_quarter_of_the_bytes_rounded_up(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


def test_pieces_put_together_are_the_text_in_any_script() -> None:
    behaviour = parse_model("sandbox-large")

    assert behaviour is not None
    given = answer(QUESTION, behaviour)
    assert "Xin chào, số dư của tôi?" in given.text
    assert given.usage.output == count_tokens(given.text)


def test_an_answer_that_broke_off_has_used_what_was_sent() -> None:
    behaviour = parse_model("sandbox-chunks-10-0")

    assert behaviour is not None
    given = answer(QUESTION, behaviour)
    assert [usage_after(given, sent).output for sent in (0, 1, 10)] == [0, 2, 20]


def test_an_example_follows_its_schema() -> None:
    schema = {
        "type": "object",
        "properties": {
            "amount": {"type": "number"},
            "tags": {"type": "array", "items": {"enum": ["new", "old"]}},
            "kind": {"anyOf": [{"const": 3}, {"type": "string"}]},
            "note": {"type": ["null", "string"]},
        },
    }

    assert example_of(schema, seed="s") == {"amount": 7.5, "tags": ["new"], "kind": 3, "note": None}


def test_the_server_brings_nothing_heavy_along() -> None:
    code = "import sys, config.demo.sandbox; print({'django', 'litellm', 'celery'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)

    assert result.stdout.strip() == "set()"
