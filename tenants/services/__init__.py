"""Writes of the kernel. Each is one audited transaction; joined to the caller's when that is of the same tenant."""

from tenants.services.accounts import (
    api_token_issue,
    api_token_revoke,
    service_account_change,
    service_account_create,
)
from tenants.services.invitations import invitation_accept, invitation_revoke, member_invite
from tenants.services.members import break_glass_open, member_add, member_change, user_create
from tenants.services.platform import (
    check_slug,
    platform_audit,
    platform_token_create,
    platform_token_revoke,
    tenant_create,
    tenant_set_status,
)
from tenants.services.reviews import ReviewWanted, review_request_answered, review_request_create
from tenants.services.settings import check_time_zone, tenant_change, time_zones
from tenants.services.units import unit_archive, unit_change, unit_create

__all__ = [
    "ReviewWanted",
    "api_token_issue",
    "api_token_revoke",
    "break_glass_open",
    "check_slug",
    "check_time_zone",
    "invitation_accept",
    "invitation_revoke",
    "member_add",
    "member_change",
    "member_invite",
    "platform_audit",
    "platform_token_create",
    "platform_token_revoke",
    "review_request_answered",
    "review_request_create",
    "service_account_change",
    "service_account_create",
    "tenant_change",
    "tenant_create",
    "tenant_set_status",
    "time_zones",
    "unit_archive",
    "unit_change",
    "unit_create",
    "user_create",
]
