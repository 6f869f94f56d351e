"""Addresses of the kernel under /api/v1/. They do not name the tenant: the token does."""

from django.urls import path

from tenants.api import audit, invitations, members, platform, service_accounts, tenant, units

account = "service-accounts/<uuid:account_id>/"
token = f"{account}tokens/<uuid:token_id>/"
any_tenant = "platform/tenants/<uuid:tenant_id>/"

urlpatterns = [
    path("me/", tenant.Me.as_view(), name="api-me"),
    path("tenant/", tenant.TenantSettings.as_view(), name="api-tenant"),
    path("units/", units.Units.as_view(), name="api-units"),
    path("units/<uuid:unit_id>/", units.UnitDetail.as_view(), name="api-unit"),
    path("units/<uuid:unit_id>/archive/", units.UnitArchive.as_view(), name="api-unit-archive"),
    path("units/<uuid:unit_id>/restore/", units.UnitRestore.as_view(), name="api-unit-restore"),
    path("members/", members.Members.as_view(), name="api-members"),
    path("members/<uuid:membership_id>/", members.MemberDetail.as_view(), name="api-member"),
    path("invitations/", invitations.Invitations.as_view(), name="api-invitations"),
    path("invitations/<uuid:invitation_id>/", invitations.InvitationDetail.as_view(), name="api-invitation"),
    path(
        "invitations/<uuid:invitation_id>/revoke/",
        invitations.InvitationRevoke.as_view(),
        name="api-invitation-revoke",
    ),
    path("service-accounts/", service_accounts.ServiceAccounts.as_view(), name="api-service-accounts"),
    path(account, service_accounts.ServiceAccountDetail.as_view(), name="api-service-account"),
    path(f"{account}tokens/", service_accounts.ApiTokens.as_view(), name="api-tokens"),
    path(token, service_accounts.ApiTokenDetail.as_view(), name="api-token"),
    path(f"{token}revoke/", service_accounts.ApiTokenRevoke.as_view(), name="api-token-revoke"),
    path("audit/", audit.AuditEntries.as_view(), name="api-audit"),
    path("audit/verify/", audit.AuditVerify.as_view(), name="api-audit-verify"),
    path("audit/<uuid:entry_id>/", audit.AuditEntryDetail.as_view(), name="api-audit-entry"),
    path("platform/tenants/", platform.Tenants.as_view(), name="api-platform-tenants"),
    path(any_tenant, platform.TenantDetail.as_view(), name="api-platform-tenant"),
    path(f"{any_tenant}suspend/", platform.TenantSuspend.as_view(), name="api-platform-tenant-suspend"),
    path(f"{any_tenant}reopen/", platform.TenantReopen.as_view(), name="api-platform-tenant-reopen"),
    path(f"{any_tenant}close/", platform.TenantClose.as_view(), name="api-platform-tenant-close"),
]
