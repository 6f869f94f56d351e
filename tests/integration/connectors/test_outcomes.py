"""How calls end, against the real demo core: confirmed, rejected, unknown; and that a key never has a second effect."""

import time
from dataclasses import replace

import pytest

from connectors.contract import OutcomeKind
from connectors.services import connector_start, connector_stop, operation_call
from tenants.errors import Invalid, NotFound, ProgrammingFault
from tenants.scope import use_scope
from tests.cast import committed
from tests.system import eventually

pytestmark = [committed]


def test_a_read_is_translated_both_ways_with_exact_amounts(desk):
    outcome = desk.call("account_read", account="50000970")
    assert outcome.kind is OutcomeKind.CONFIRMED
    assert outcome.output == {
        "account": "50000970", "holder": "UFXQHBE", "currency": "GBP", "balance": "100000.00", "available": "100000.00",
    }  # fmt: skip


def test_reserve_book_and_release_end_confirmed_and_the_core_balances(desk):
    assert desk.reserve("r1").output == {"reservation": "r1", "status": "reserved"}
    assert desk.call("book", "b1", **desk.booking("r1")).output == {"booking": "1", "status": "booked"}
    desk.reserve("r2")
    assert desk.call("release", "f2", reservation="r2").output == {"reservation": "r2", "status": "released"}
    assert desk.core.status()["balanced"]
    assert desk.call("account_read", account="50000970").output["available"] == "99990.00"


def test_what_the_core_refuses_is_rejected_under_our_own_code(desk):
    outcome = desk.reserve("r1", amount="999999.00")
    assert (outcome.kind, outcome.error.code, outcome.final) == (OutcomeKind.REJECTED, "core.insufficient_funds", True)


def test_a_core_that_says_it_is_out_of_service_may_be_asked_again(desk):
    desk.core.switch("reserve", "down", times=1)
    first = desk.reserve("r1")
    assert (first.error.code, first.error.retriable) == ("core.out_of_service", True)
    assert desk.reserve("r1").confirmed


def test_input_that_does_not_fit_never_reaches_the_core(desk):
    for wrong in ({"amount": "10.005"}, {"currency": "VND"}, {"extra": 1}, {"amount": 10.0}):
        outcome = desk.call("reserve", "k", **desk.booking() | {"account": "1"} | wrong)
        assert (outcome.kind, outcome.error.code) == (OutcomeKind.REJECTED, "core.invalid_input")
    assert desk.core.status()["arrivals"] == {}


def test_the_same_key_gives_the_same_answer_without_asking_again(desk):
    desk.reserve("r1")
    again = desk.reserve("r1")
    assert (again.confirmed, again.replayed) == (True, True)
    assert desk.core.status()["arrivals"] == {"reserve": 1}


def test_the_same_key_with_another_input_is_refused(desk):
    desk.reserve("r1", key="k")
    assert desk.reserve("r2", key="k").error.code == "core.key_reused"
    assert desk.core.effects("reserve") == {"r1": 1}


def test_a_write_that_lost_its_answer_is_repeated_with_the_key_the_core_knows(desk):
    desk.core.switch("reserve", "drop", times=1)
    lost = desk.reserve("r1")
    assert (lost.kind, lost.error.code, lost.repeatable) == (OutcomeKind.UNKNOWN, "core.no_answer", True)
    assert desk.reserve("r1").confirmed
    assert desk.core.effects("reserve") == {"r1": 1}


def test_after_a_lost_answer_a_refusal_of_the_way_there_settles_nothing(desk):
    desk.core.switch("reserve", "drop", times=1)
    desk.reserve("r1")
    desk.core.switch("reserve", "down", times=1)
    assert desk.reserve("r1").kind is OutcomeKind.UNKNOWN
    with use_scope(desk.cast.scope()):
        connector_stop(desk.connector.id)
        assert desk.reserve("r1").kind is OutcomeKind.UNKNOWN
        connector_start(desk.connector.id)
    assert desk.reserve("r1").confirmed


def test_a_refusal_before_the_core_looks_for_the_key_settles_nothing(desk):
    desk.core.switch("reserve", "drop", times=1)
    desk.reserve("r1")
    desk.core.switch("reserve", "refuse", times=1)
    refused = desk.reserve("r1")
    assert (refused.kind, refused.error.code) == (OutcomeKind.UNKNOWN, "core.refused")
    assert desk.reserve("r1").confirmed


def test_a_refusal_after_the_core_has_looked_for_the_key_settles_all(desk):
    desk.core.switch("reserve", "slow", seconds=30, times=1)
    assert desk.reserve("r1", amount="999999.00").kind is OutcomeKind.UNKNOWN
    settled = desk.reserve("r1", amount="999999.00")
    assert (settled.kind, settled.error.code) == (OutcomeKind.REJECTED, "core.insufficient_funds")


def test_a_booking_that_lost_its_answer_is_found_by_looking_it_up(desk):
    desk.reserve("r1")
    desk.core.switch("book", "drop", times=1)
    outcome = desk.call("book", "run-1/do/3/book #1", **desk.booking("r1"))
    assert (outcome.confirmed, outcome.output) == (True, {"booking": "1", "status": "booked"})
    assert desk.core.effects("book") == {"run-1/do/3/book #1": 1}
    assert [row.source for row in desk.log(phase="settled")] == ["lookup"]


def test_a_booking_that_is_late_is_not_sent_twice(desk):
    desk.reserve("r1")
    desk.core.switch("book", "slow", seconds=1.2, times=1)
    late = desk.call("book", "b1", **desk.booking("r1"))
    assert late.kind is OutcomeKind.UNKNOWN
    assert late.error.retry_after_seconds > 0
    assert eventually(lambda: desk.core.effects("book"), seconds=20) == {"b1": 1}
    assert desk.call("book", "b1", **desk.booking("r1")).confirmed
    assert desk.core.effects("book") == {"b1": 1}


def test_a_look_up_that_fails_leaves_the_doubt_and_says_so(desk):
    desk.reserve("r1")
    desk.core.switch("book", "drop", times=1)
    desk.core.switch("booking_status", "down", times=1)
    outcome = desk.call("book", "b1", **desk.booking("r1"))
    assert (outcome.kind, outcome.error.code) == (OutcomeKind.UNKNOWN, "core.no_answer")
    assert "core.out_of_service" in outcome.error.detail
    assert desk.call("book", "b1", **desk.booking("r1")).confirmed


def test_a_booking_that_never_arrived_is_sent_again_once_that_is_certain(desk):
    desk.reserve("r1")
    desk.core.switch("all", "slow", seconds=30)
    doubtful = desk.call("book", "b1", deadline=2, **desk.booking("r1"))
    assert doubtful.kind is OutcomeKind.UNKNOWN
    desk.core.kill()
    desk.core.start()
    desk.core.switch("all", "normal")
    time.sleep(1.2)
    assert desk.reconcile("book", "b1", **desk.booking("r1")).error.code == "core.not_performed"
    assert desk.core.effects("book") == {}
    assert desk.call("book", "b1", **desk.booking("r1")).confirmed
    assert desk.core.effects("book") == {"b1": 1}


def test_a_write_without_any_protection_is_never_sent_again(desk):
    from connectors.services.connectors import connector_change, connector_config

    with desk.cast.acting():
        present = connector_config(desk.connector)
        bare = [
            one if one["name"] != "book" else one | {"idempotency": {"strategy": "none"}} for one in present.operations
        ]
        connector_change(desk.connector.id, replace(present, operations=bare))
    desk.reserve("r1")
    desk.core.switch("book", "drop", times=1)
    first = desk.call("book", "b1", **desk.booking("r1"))
    second = desk.call("book", "b1", **desk.booking("r1"))
    assert [(one.kind, one.repeatable) for one in (first, second)] == [(OutcomeKind.UNKNOWN, False)] * 2
    assert desk.core.status()["arrivals"]["book"] == 1


def test_a_core_that_is_gone_is_unreachable_and_nothing_happened(desk):
    desk.core.kill()
    outcome = desk.reserve("r1")
    assert (outcome.kind, outcome.error.code, outcome.error.retriable) == (
        OutcomeKind.REJECTED,
        "core.unreachable",
        True,
    )
    assert desk.permits() == []


def test_a_stopped_connector_starts_no_call(desk):
    with use_scope(desk.cast.scope()):
        connector_stop(desk.connector.id)
    assert desk.reserve("r1").error.code == "core.stopped"
    assert desk.core.status()["arrivals"] == {}


def test_the_log_masks_personal_fields_and_shows_both_vocabularies(desk):
    desk.reserve("r1")
    started, ended = desk.log(idempotency_key="key-r1")
    assert started.sent["core"]["body"] == {
        "RES_REF": "r1", "KTO_NR": "•••", "BETRAG_MINOR": 1000, "WHG": "826",
    }  # fmt: skip
    assert started.sent["input"]["account"] == "•••"
    assert ended.received == {
        "core": {"RES_REF": "r1", "STATUS_KZ": "R"},
        "output": {"reservation": "r1", "status": "reserved"},
    }


def test_a_call_needs_a_key_a_known_name_and_no_open_unit_of_work(desk):
    with pytest.raises(Invalid):
        desk.call("release", "", reservation="r1")
    with pytest.raises(NotFound):
        desk.call("nothing")
    with desk.cast.acting(), pytest.raises(ProgrammingFault):
        operation_call("demo_core", "account_read", input={"account": "1"})


def test_another_tenant_does_not_find_the_connector(desk):
    with use_scope(desk.cast.scope(tenant=desk.cast.tenant_b)), pytest.raises(NotFound):
        operation_call(str(desk.connector.id), "account_read", input={"account": "1"})
