"""`call: approval`: a question to people. The answer comes later, as a signal, when somebody has decided.

    with: {title, summary, payload, approvers, requester, expiresIn, risk}

Approved is a result (`decision`, `by`, `at`, `reason`). Rejected fails with an error of type `authorization`, the time
running out with one of type `timeout`; both are final, no retry policy asks again.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from workflows.approvals.domain import Faulty, request_of
from workflows.approvals.services import approval_request, approval_withdraw, outcome_of
from workflows.changes import storable
from workflows.domain.failures import standard
from workflows.domain.signals import Failed, Outcome
from workflows.functions.contract import Invocation

VERSIONS: Final = ("1.0.0",)
NETWORK: Final = False


def perform(invocation: Invocation) -> Outcome:
    """Ask once; asking again for the same attempt finds the question, or its answer."""
    given = invocation.arguments
    try:
        request = request_of(storable(given) if isinstance(given, Mapping) else {})
    except Faulty as error:
        return Failed(error=standard("configuration", str(error)), retriable=False)
    approval = approval_request(
        request,
        run_id=invocation.run_id,
        effect=invocation.effect,
        attempt=invocation.attempt,
        pointer=invocation.pointer,
    )
    return outcome_of(approval)


def withdraw(*, run_id: UUID, effect: str, attempt: int) -> None:
    """Take the question back: its run waits for no answer any more."""
    approval_withdraw(run_id, effect=effect, attempt=attempt)
