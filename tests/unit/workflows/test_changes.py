"""What is collected for one record: commands fold, nothing is written that was undone before anybody saw it."""

import json
from datetime import UTC, datetime

import pytest

from workflows.changes import Change, attribute_text, filter_parts, storable, stored_event
from workflows.domain import signals
from workflows.domain.failures import standard

AT = datetime(2031, 1, 1, tzinfo=UTC)


def collected(*commands: signals.Command) -> dict:
    change = Change(after=0)
    change.add(commands)
    return change.to_json()


def test_a_timer_that_was_ended_in_the_same_turn_is_never_written():
    timer = signals.StartTimer(timer="t", due_at=AT, purpose="wait")
    assert "timers" not in collected(timer, signals.CancelTimer(timer="t"))
    assert collected(timer)["timers"] == [{"name": "t", "due_at": AT.isoformat()}]


def test_a_listener_that_was_ended_in_the_same_turn_is_never_written():
    listener = signals.Listen(listener="l", pointer="/do/0", filter={"with": {"type": "x"}}, variables={})
    assert "listen" not in collected(listener, signals.Unlisten(listener="l"))
    assert collected(listener)["listen"][0]["attributes"] == {"type": "x"}


def test_the_end_of_a_run_carries_output_or_error():
    error = standard("runtime", "It broke.")
    ended = collected(signals.Finish(status="faulted", error=error))
    assert (ended["final"], ended["status"], ended["error"]["title"]) == (True, "faulted", "It broke.")
    assert collected(signals.Finish(status="completed", output=3))["output"] == 3


def test_a_filter_is_split_into_what_the_database_compares_and_what_is_evaluated():
    attributes, conditions = filter_parts({"type": "placed", "priority": 5, "source": "${ . }", "data": {"n": 1}})
    assert attributes == {"type": "placed", "priority": "5"}
    assert conditions == {"source": "${ . }", "data": {"n": 1}}


def test_an_emitted_event_keeps_being_told_apart_by_a_long_id():
    one, two = (stored_event({"id": "x" * 500 + end, "source": "s", "type": "t"}) for end in "ab")
    assert one["attributes"]["id"] != two["attributes"]["id"]
    assert len(one["attributes"]["id"]) == 64


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), (5, "5"), ("x", "x")])
def test_attributes_are_compared_as_text(value: object, text: str):
    assert attribute_text(value) == text


@pytest.mark.parametrize(
    ("value", "kept"),
    [("a\0b", "a\ufffdb"), ("\ud800", "\ufffd"), ({"\0": [float("inf")]}, {"\ufffd": [None]}), ("😀é", "😀é"), (1, 1)],
)
def test_what_json_in_the_database_cannot_hold_is_replaced(value: object, kept: object):
    assert storable(value) == kept
    json.dumps(kept, allow_nan=False)
