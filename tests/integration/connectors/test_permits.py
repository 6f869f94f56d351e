"""Never more calls at the core than agreed: counted by the core itself, over real processes, one of them killed."""

import time
from collections import Counter

import pytest

from connectors.permits import PermitAsk, permit_end, permit_take
from connectors.ports import transport
from connectors.services.connectors import Safety
from tenants.ids import uuid7
from tenants.scope import use_scope
from tests.cast import committed
from tests.integration.connectors.kit import open_core_desk

pytestmark = [committed, pytest.mark.timeout(180)]


@pytest.fixture
def narrow(cast, core):
    """A core that takes three at once and works for a second at most."""
    return open_core_desk(cast, core, safety=Safety(3, 1.0, 60.0), timeout_seconds=5.0)


def test_the_core_never_sees_more_than_agreed_also_when_a_worker_is_killed(narrow, crew):
    narrow.core.switch("account_read", "slow", seconds=0.1)
    first, second, doomed = (crew.hire(calls=calls, threads=8) for calls in (30, 30, 100))
    crew.go()
    time.sleep(1.0)
    doomed.kill()
    ended = Counter(first.communicate(timeout=120)[0].split() + second.communicate(timeout=120)[0].split())
    assert ended == {"confirmed": 60}
    assert narrow.core.status()["max_in_flight"] == 3


def test_the_permit_of_a_dead_worker_returns_only_when_the_core_must_be_idle(narrow):
    with use_scope(narrow.cast.scope()):
        permit = permit_take(ask_for(narrow), now=transport().now, begin=lambda permit: permit)
        row = narrow_permit(narrow)
    held_for = (row.returns_at - row.asked_at).total_seconds()
    assert held_for == pytest.approx(permit.lease + permit.server_seconds, abs=0.01)
    assert permit.lease > 5.0


def test_a_caller_that_leaves_keeps_its_permit_for_as_long_as_the_core_may_work(narrow):
    narrow.core.switch("account_read", "slow", seconds=2.0, times=1)
    assert narrow.call("account_read", deadline=0.5, account="50000970").error.code == "core.no_answer"
    assert (narrow.gauge().abandoned, narrow.gauge().held) == (1, 0)
    time.sleep(1.1)
    assert narrow.gauge().abandoned == 0


def test_waiting_ends_with_the_time_of_the_caller_and_leaves_no_place_taken(narrow):
    with use_scope(narrow.cast.scope()):
        for _number in range(3):
            permit_take(ask_for(narrow), now=transport().now, begin=lambda permit: permit)
    assert narrow.call("account_read", deadline=0.4, account="50000970").error.code == "core.busy"
    assert narrow.permits() == ["held"] * 3


def test_whoever_asked_first_is_served_first(narrow):
    from django.db import connection

    def ask(permit_id):
        with narrow.cast.acting(), connection.cursor() as cursor:
            cursor.execute("select connectors_permit_ask(%s, %s, 'x', 5)", [permit_id, narrow.connector.id])
            return cursor.fetchone()[0].partition('"state": "')[2].partition('"')[0]

    held, early, late = [uuid7() for _number in range(3)], uuid7(), uuid7()
    assert [ask(one) for one in (*held, early, late)] == ["held"] * 3 + ["waiting"] * 2
    with narrow.cast.acting():
        permit_end(held[0], done=True)
    assert [ask(late), ask(uuid7()), ask(early)] == ["waiting", "waiting", "held"]


def ask_for(desk):
    return PermitAsk(
        id=uuid7(),
        connector_id=desk.connector.id,
        operation="account_read",
        deadline_seconds=5.0,
        wait_until=transport().now() + 5,
    )


def narrow_permit(desk):
    from connectors.models import Permit

    with desk.cast.acting():
        return Permit.objects.get()
