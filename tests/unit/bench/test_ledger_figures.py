"""The arithmetic of the ledger benchmark."""

from bench.ledger.run import figures
from bench.report import reached

RATES = {"ours": [5000.0, 6000.0, 1.0], "floor": [20000.0, 20000.0, 20000.0]}
ALONE = {"ours": [0.3, 0.2, 9.0], "floor": [0.1, 0.1, 0.1]}


def test_rates_and_times_are_medians_beside_the_floor():
    rate, alone, _ = figures(RATES, ALONE, 0)
    assert (rate["value"], rate["ratio"]) == (5000.0, 0.25)
    assert (alone["value"], alone["ratio"]) == (0.3, 3.0)


def test_a_single_hold_that_the_books_do_not_explain_is_missed():
    assert reached(figures(RATES, ALONE, 0)[2])
    assert not reached(figures(RATES, ALONE, 1)[2])
