"""The demo's whole payment, with its worker killed by SIGKILL at every commit and every effect.

Read, screened by a model through the gateway, reserved, decided on by a person with the link of a mail, booked; undone
where the core will not book. Whoever dies, everything has happened once: at the core, at the ledger, to the approver.
"""

import signal
from typing import Any

import pytest

from tests.faults.payment.payment import BOOKED, SECONDS, UNDONE, Counter, Counts, carry
from tests.faults.payment.ward import Ward
from tests.system import alive, eventually

pytestmark = pytest.mark.timeout(240)
# effects of the payment in their order, and of its undoing: the first five are the same
READ, SCREEN, RESERVE, ASK, BOOK, RELEASE = range(1, 7)


def points(name: str, *passes: int) -> list[str]:
    return [f"{name}=kill@{number}" for number in passes]


BOOKING = [
    *points("workflows.claim.after", 1, 2),
    *(point for side in ("before", "after") for point in points(f"workflows.record.{side}", *range(1, 9))),
    *(point for side in ("before", "after") for point in points(f"workflows.effect.{side}", *range(READ, BOOK + 1))),
    *(point for where in ("before", "sent", "after") for point in points(f"connectors.call.{where}", 1, 2)),
    "gateway.client.sent=kill",
    "workflows.ask.before_commit=kill",
    *points("queue.hint.before", 1),
    "mail.send.before=kill",
    "mail.send.after=kill",
]
UNDOING = [
    *(point for side in ("before", "after") for point in points(f"workflows.record.{side}", 6, 7, 8, 9)),
    *(point for side in ("before", "after") for point in points(f"workflows.effect.{side}", BOOK, RELEASE)),
    *(point for where in ("before", "sent", "after") for point in points(f"connectors.call.{where}", 2, 3)),
]
SAMPLE = {"workflows.effect.after=kill@2", "connectors.call.sent=kill@3"}


def matrix(given: list[str]) -> Any:
    """All points for `make faults`, a few for every run of the suite."""
    marked = [one if one in SAMPLE else pytest.param(one, marks=pytest.mark.faults) for one in given]
    return pytest.mark.parametrize("point", marked)


@matrix(BOOKING)
def test_a_payment_is_booked_once_wherever_its_worker_dies(counter: Counter, ward: Ward, point: str) -> None:
    doomed = ward.work(point)
    counter.start()
    assert carry(counter, ward, doomed) == "completed"
    assert ward.ended_by(doomed) == signal.SIGKILL
    assert counter.counts() == Counts.expected(BOOKED)


@matrix(UNDOING)
def test_a_refused_payment_is_undone_once_wherever_its_worker_dies(counter: Counter, ward: Ward, point: str) -> None:
    counter.refuse_booking()
    doomed = ward.work(point)
    counter.start()
    assert carry(counter, ward, doomed) == "compensated"
    assert ward.ended_by(doomed) == signal.SIGKILL
    assert counter.counts() == Counts.expected(UNDONE)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("refused", "beyond", "status"),
    [
        (False, {"claim.after": 3, "record.before": 9, "effect.before": BOOK + 1}, "completed"),
        (True, {"claim.after": 3, "record.before": 10, "effect.before": RELEASE + 1}, "compensated"),
    ],
    ids=["booked", "undone"],
)
def test_no_point_is_left_out(counter: Counter, ward: Ward, refused: bool, beyond: dict[str, int], status: str) -> None:
    """The passes after the last ones above are never reached."""
    if refused:
        counter.refuse_booking()
    worker = ward.work(",".join(f"workflows.{name}=kill@{number}" for name, number in beyond.items()))
    counter.start()
    assert eventually(counter.ended, seconds=SECONDS)
    assert alive(worker)
    assert counter.run()["status"] == status
    ward.kill(worker)
    ward.ended_by(worker)
