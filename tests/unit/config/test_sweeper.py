"""The sweeper's loop: duties at their times, and none that stops another."""

import logging

from config.sweeper import Duty, Sweeper


def test_a_duty_is_carried_out_when_it_is_due():
    done = []
    sweeper = Sweeper([Duty("count", 5.0, lambda: done.append("x") or 1)])
    for now in (100.0, 102.0, 105.0, 106.0):
        sweeper.round(now)
    assert len(done) == 2


def test_a_failing_duty_is_logged_and_the_next_one_still_runs(caplog):
    done = []
    sweeper = Sweeper([Duty("broken", 1.0, lambda: 1 // 0), Duty("fine", 1.0, lambda: done.append("x") or 1)])
    with caplog.at_level(logging.ERROR):
        sweeper.round(1.0)
        sweeper.round(2.0)
    assert len(done) == 2
    assert "broken failed" in caplog.text
