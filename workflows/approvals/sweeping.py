"""What the sweeper looks for: approvals that nobody decided in time. The relay finds them, the app denies them."""

from typing import Final
from uuid import UUID

from django.db import connections

from tenants.scope import system_scope, use_scope
from workflows.approvals.services import approval_expire

BATCH: Final = 100
_OVER: Final = """
select tenant_id, id from workflows_approval
where status = 'open' and expires_at <= clock_timestamp() order by expires_at limit %s
"""


def expire_approvals() -> int:
    """Deny what is over; return how many that were."""
    with connections["relay"].cursor() as cursor:
        cursor.execute(_OVER, [BATCH])
        found = cursor.fetchall()
    return sum(_expire(tenant_id, approval_id) for tenant_id, approval_id in found)


def _expire(tenant_id: UUID, approval_id: UUID) -> bool:
    with use_scope(system_scope(tenant_id, "sweeper")):
        return approval_expire(approval_id)
