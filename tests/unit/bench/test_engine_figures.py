"""The arithmetic of the engine benchmark."""

from bench.engine.run import Sample, figures
from bench.report import reached


def rows(ours: float, dbos: float):
    samples = {
        "floor": [Sample(100, 0.01, 110)],
        "ours": [Sample(100, ours, 120), Sample(100, ours * 9, 120), Sample(100, ours, 120)],
        "dbos": [Sample(100, dbos, 240)] * 3,
    }
    return {row["figure"]: row for row in figures(samples)}


def test_a_rate_is_the_median_of_the_rounds_beside_the_peer():
    row = rows(0.1, 0.4)["10-step runs, 10 at a time: durable steps per second"]
    assert (row["value"], row["ratio"], row["peer"]) == (1000.0, 4.0, "dbos")
    assert reached(row)


def test_less_than_two_and_a_half_times_the_peer_is_missed():
    assert not reached(rows(0.2, 0.4)["10-step runs, 10 at a time: durable steps per second"])


def test_commits_are_counted_per_step():
    assert rows(0.1, 0.4)["commits per step"]["value"] == 1.2
