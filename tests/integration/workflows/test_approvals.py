"""Approvals with the engine: asked once, decided once, by whoever may at that moment; the run gets the one answer."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from tenants import failpoints
from tenants.domain import Role
from tenants.errors import Conflict, Invalid, NotFound, PermissionDenied
from tenants.models import Lookup, Membership
from tenants.scope import tenant_tx, use_scope
from tenants.services import member_change
from tests.cast import Cast, committed
from tests.integration.workflows.approving import ASKED, Desk, links
from tests.integration.workflows.runs import Engine, plan_of
from workflows.approvals.domain import Decision, request_of
from workflows.approvals.links import located
from workflows.approvals.services import approval_decide, approval_request
from workflows.approvals.sweeping import expire_approvals
from workflows.domain.plan import Call
from workflows.models import Approval, ApprovalLink
from workflows.services import run_cancel

pytestmark = committed


@pytest.fixture
def desk(engine: Engine) -> Desk:
    opened = Desk(engine)
    for name in ("anna", "ben"):
        opened.person(name)
    return opened


def test_a_run_waits_for_a_person_and_goes_on(desk: Desk):
    run, approval = desk.ask()
    assert (desk.engine.result(run)[0], approval.status) == ("waiting", "open")
    desk.decide(approval, desk.person("anna"))
    desk.engine.work()
    assert desk.engine.result(run) == ("completed", {"paid": True, "by": "anna@example.test"})


def test_a_rejection_fails_the_task_with_its_reason_and_is_not_retried(desk: Desk):
    run, approval = desk.ask()
    desk.decide(approval, desk.person("anna"), Decision.REJECT, reason="not ours")
    desk.engine.work()
    fresh = desk.engine.bench.fresh(run)
    assert (fresh.status, fresh.error["status"], fresh.error["detail"]) == ("faulted", 403, "not ours")


def test_a_rejection_says_why(desk: Desk):
    run, approval = desk.ask()
    with pytest.raises(Invalid, match="attention"):
        desk.decide(approval, desk.person("anna"), Decision.REJECT, reason="  ")
    assert desk.of(run).status == "open"


def test_everybody_who_may_decide_gets_a_link_of_their_own_and_only_its_hash_is_kept(desk: Desk, cast: Cast):
    desk.ask(requester="ben@example.test")
    found = links()
    assert found.keys() == {"anna@example.test", "alice@example.test"}
    secret = found["anna@example.test"].strip("/").rpartition("/")[2]
    assert located(secret).user_id == desk.person("anna").pk
    with cast.acting():
        stored = [bytes(link.digest) for link in ApprovalLink.objects.all()]
    assert {len(digest) for digest in stored} == {32}
    assert secret.encode() not in b"".join(stored)
    assert len(secret) > 43
    assert Lookup.objects.filter(kind="approval").count() == len(set(stored)) == 2


def test_two_approvers_at_once_decide_once(desk: Desk):
    run, approval = desk.ask()
    people = [desk.person("anna"), desk.person("ben")]
    answers: list[str] = []
    barrier = threading.Barrier(2)

    def press(who, decision):
        try:
            barrier.wait()
            answers.append(desk.decide(approval, who, decision).decided_by)
        except Conflict as error:
            answers.append(f"refused: {error.data['decided_by']}")
        finally:
            connections.close_all()

    chosen = zip(people, (Decision.APPROVE, Decision.REJECT), strict=True)
    threads = [threading.Thread(target=press, args=pair) for pair in chosen]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    winner = desk.of(run).decided_by
    assert sorted(answers) == sorted([winner, f"refused: {winner}"])
    assert desk.engine.bench.fresh(run).signal_count == 1


def test_a_repeat_gives_the_first_result_also_to_somebody_else(desk: Desk):
    run, approval = desk.ask()
    first = desk.decide(approval, desk.person("anna"))
    for who in ("anna", "ben"):
        again = desk.decide(approval, desk.person(who))
        assert (again.decided_by, again.decided_at) == (first.decided_by, first.decided_at)
    assert desk.engine.bench.fresh(run).signal_count == 1


def test_the_opposite_is_a_conflict_that_says_who_and_when(desk: Desk):
    run, approval = desk.ask()
    first = desk.decide(approval, desk.person("anna"))
    with pytest.raises(Conflict) as caught:
        desk.decide(approval, desk.person("ben"), Decision.REJECT)
    assert caught.value.data["decided_by"] == "anna@example.test"
    assert f"{first.decided_at:%H:%M}" in caught.value.message
    assert desk.of(run).status == "approved"


def test_whoever_asked_may_not_decide(desk: Desk):
    _, approval = desk.ask(requester="Anna@example.test")
    with pytest.raises(PermissionDenied, match="somebody else"):
        desk.decide(approval, desk.person("anna"))
    _, approval = desk.ask(started_by="ben@example.test")
    with pytest.raises(PermissionDenied, match="somebody else"):
        desk.decide(approval, desk.person("ben"))


def test_a_former_member_may_not_decide_even_in_a_session_that_began_before(desk: Desk, cast: Cast):
    _, approval = desk.ask()
    before = cast.scope_of(desk.person("anna"))
    with cast.acting():
        membership = Membership.objects.get(user=desk.person("anna"))
        member_change(membership.pk, roles=[Role.APPROVER], active=False)
    with tenant_tx(before), pytest.raises(PermissionDenied, match="no longer a member"):
        approval_decide(approval.pk, decision=Decision.APPROVE, digest=approval.digest)


def test_a_role_that_was_taken_away_counts_at_once(desk: Desk, cast: Cast):
    _, approval = desk.ask()
    stale = cast.scope_of(desk.person("anna"))
    stale = replace(stale, actor=replace(stale.actor, roles=frozenset({Role.OWNER})))
    with cast.acting():
        member_change(Membership.objects.get(user=desk.person("anna")).pk, roles=[Role.DEVELOPER], active=True)
    with tenant_tx(stale), pytest.raises(PermissionDenied, match="roles"):
        approval_decide(approval.pk, decision=Decision.APPROVE, digest=approval.digest)


def test_another_tenant_finds_nothing(desk: Desk, cast: Cast):
    _, approval = desk.ask()
    with tenant_tx(cast.scope_of(cast.charlie)), pytest.raises(NotFound):
        approval_decide(approval.pk, decision=Decision.APPROVE, digest=approval.digest)


def ask_again(desk: Desk, approval: Approval, **payload: object) -> Approval:
    request = request_of(ASKED | {"payload": payload})
    with use_scope(desk.engine.scope):
        return approval_request(
            request, run_id=approval.run_id, effect=approval.effect, attempt=approval.attempt, pointer=approval.pointer
        )


def test_a_decision_on_something_else_than_is_asked_now_is_refused(desk: Desk, cast: Cast):
    run, approval = desk.ask()
    now = ask_again(desk, approval, amount=99_999)
    assert (now.pk, now.version) == (approval.pk, 2)
    with pytest.raises(Conflict, match="has changed"):
        desk.decide(approval, desk.person("anna"))
    with cast.acting():
        assert ApprovalLink.objects.filter(revoked_at__isnull=True, payload_digest=approval.digest).count() == 0
    assert desk.decide(now, desk.person("anna")).status == "approved"
    assert desk.of(run).payload == {"amount": 99_999}


def test_asking_again_for_the_same_thing_changes_nothing_and_sends_no_second_mail(desk: Desk):
    _, approval = desk.ask()
    again = ask_again(desk, approval, **ASKED["payload"])
    assert (again.pk, again.version) == (approval.pk, 1)
    assert len(links()) == 3


def test_what_nobody_decides_in_time_is_denied(desk: Desk, cast: Cast):
    run, approval = desk.ask()
    with cast.acting():
        Approval.objects.filter(pk=approval.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Conflict, match="time to decide is over"):
        desk.decide(approval, desk.person("anna"))
    assert (expire_approvals(), expire_approvals()) == (1, 0)
    desk.engine.work()
    fresh = desk.engine.bench.fresh(run)
    assert (fresh.status, fresh.error["status"], desk.of(run).status) == ("faulted", 408, "expired")


def test_a_cancelled_run_withdraws_its_request(desk: Desk, cast: Cast):
    run, approval = desk.ask()
    with cast.acting():
        run_cancel(run.pk)
    desk.engine.work()
    assert (desk.engine.result(run)[0], desk.of(run).status) == ("cancelled", "withdrawn")
    with pytest.raises(Conflict, match="no longer waits"):
        desk.decide(approval, desk.person("anna"))


def test_a_decision_that_the_run_no_longer_waits_for_is_not_taken(desk: Desk, cast: Cast):
    run, approval = desk.ask()
    with cast.acting():
        run_cancel(run.pk)
    desk.engine.work()
    with cast.acting():  # as if the worker had died before it could take the request back
        Approval.objects.filter(pk=approval.pk).update(status="open")
    with pytest.raises(Conflict, match="no longer waits"):
        desk.decide(approval, desk.person("anna"))
    assert desk.of(run).status == "open"


def test_a_link_of_somebody_else_or_of_an_earlier_version_is_refused(desk: Desk):
    _, approval = desk.ask()
    found = {address: path.strip("/").rpartition("/")[2] for address, path in links().items()}
    with pytest.raises(Conflict, match="link no longer works"):
        desk.decide(approval, desk.person("ben"), link=found["anna@example.test"])
    assert desk.decide(approval, desk.person("anna"), link=found["anna@example.test"]).status == "approved"


def test_a_link_is_used_once_and_closes_all_others(desk: Desk, cast: Cast):
    _, approval = desk.ask()
    secret = links()["anna@example.test"].strip("/").rpartition("/")[2]
    desk.decide(approval, desk.person("anna"), link=secret)
    with cast.acting():
        states = {(bool(one.used_at), bool(one.revoked_at)) for one in ApprovalLink.objects.all()}
    assert states == {(True, False), (False, True)}
    assert desk.decide(approval, desk.person("anna"), link=secret).decided_by == "anna@example.test"


@pytest.mark.parametrize("decided_meanwhile", [True, False])
def test_a_worker_that_dies_after_asking_asks_nobody_twice(desk: Desk, cast: Cast, decided_meanwhile: bool):
    run = desk.due()
    failpoints.configure("workflows.effect.after=raise", environment="test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workflows.engine._give_up", lambda lease, error: None)
        desk.engine.drive(run)
    failpoints.configure("", environment="test")
    if decided_meanwhile:
        desk.decide(desk.of(run), desk.person("anna"))
    desk.end_lease(run)
    desk.engine.drive(run)
    if not decided_meanwhile:
        desk.decide(desk.of(run), desk.person("anna"))
        desk.engine.work()
    assert desk.engine.result(run) == ("completed", {"paid": True, "by": "anna@example.test"})
    with cast.acting():
        assert Approval.objects.filter(run_id=run.pk).count() == 1
    assert len(links()) == 3


def test_a_question_that_does_not_fit_on_a_page_fails_the_task(engine: Engine):
    task = Call(name="ask", pointer="", function="approval", arguments={"title": "x", "payload": "y" * 9000})
    run = engine.start(plan_of(task))
    engine.drive(run)
    assert engine.bench.fresh(run).error["status"] == 400
