"""Approvals in tests: a run that asks, people who may answer, and the mails they get."""

import re
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.core import mail

from tenants.domain import Role
from tenants.mail import mail_deliver
from tenants.models import OutgoingMail, User
from tenants.scope import tenant_tx
from tests import factories
from tests.cast import owner_conninfo
from tests.integration.workflows.runs import Engine, plan_of
from workflows.approvals.domain import Decision
from workflows.approvals.services import approval_decide
from workflows.domain.plan import Call, Set
from workflows.models import Approval, Run

ASKED = {"title": "Pay 1,250?", "payload": {"amount": 1250, "to": "Anna & Co"}}


@dataclass
class Desk:
    """Two approvers of tenant A beside its owner, and one run that waits for them."""

    engine: Engine
    people: dict[str, User] = field(default_factory=dict)

    def person(self, name: str, role: Role = Role.APPROVER) -> User:
        """A member with one role."""
        if name not in self.people:
            self.people[name] = factories.user(f"{name}@example.test")
            factories.member(self.engine.bench.tenant, self.people[name], role)
        return self.people[name]

    def ask(self, started_by: str = "", **more: Any) -> tuple[Run, Approval]:
        """A run that waits for an approval."""
        run = self.due(started_by, **more)
        self.engine.drive(run)
        return run, self.of(run)

    def due(self, started_by: str = "", **more: Any) -> Run:
        """A run that has not asked yet."""
        tasks = [
            Call(name="ask", pointer="", function="approval", version="1.0.0", arguments=ASKED | more),
            Set(name="done", pointer="", value={"paid": True, "by": "${ .by }"}),
        ]
        self.engine.bench.version = self.engine.publish_version(plan_of(*tasks))
        return self.engine.bench.run(started_by=started_by)

    def end_lease(self, run: Run) -> None:
        """As if time had passed since the worker died."""
        with psycopg.connect(owner_conninfo()) as connection:
            connection.execute("select set_config('app.tenant', %s, true)", [str(self.engine.bench.tenant.id)])
            connection.execute("update workflows_run set lease_expires_at = now() where id = %s", [run.pk])

    def of(self, run: Run) -> Approval:
        with self.engine.bench.cast.acting():
            return Approval.objects.get(run_id=run.pk)

    def decide(self, approval: Approval, who: User, decision: Decision = Decision.APPROVE, **more: Any) -> Approval:
        """What the page does when this person presses a button."""
        with tenant_tx(self.engine.bench.cast.scope_of(who)):
            given = {"digest": approval.digest, "reason": "" if decision is Decision.APPROVE else "no"} | more
            return approval_decide(approval.pk, decision=decision, **given)


def links() -> dict[str, str]:
    """Send what waits to be sent; the path of each person's link by address."""
    for one in OutgoingMail.objects.all():
        mail_deliver(one.pk)
    found = {}
    for message in mail.outbox:
        (link,) = re.findall(r"https?://[^/\s]+(/approvals/\S+)", str(message.body))
        found[message.to[0]] = link
    return found
