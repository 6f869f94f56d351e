"""Addresses of the console."""

from django.urls import include, path

from studio.views import appearance, audit, home, members, service_accounts, settings, status, styleguide, units

tenant_patterns = [
    path("", home.home, name="home"),
    path("units/", units.unit_index, name="unit-list"),
    path("units/new/", units.unit_new, name="unit-new"),
    path("units/<uuid:unit_id>/", units.unit_show, name="unit-show"),
    path("units/<uuid:unit_id>/edit/", units.unit_edit, name="unit-edit"),
    path("units/<uuid:unit_id>/archive/", units.unit_archive, name="unit-archive"),
    path("members/", members.member_index, name="member-list"),
    path("members/invite/", members.member_invite, name="member-invite"),
    path("members/<uuid:membership_id>/", members.member_show, name="member-show"),
    path("members/<uuid:membership_id>/edit/", members.member_edit, name="member-edit"),
    path("invitations/<uuid:invitation_id>/revoke/", members.invitation_revoke, name="invitation-revoke"),
    path("service-accounts/", service_accounts.service_account_index, name="service-account-list"),
    path("service-accounts/new/", service_accounts.service_account_new, name="service-account-new"),
    path("service-accounts/<uuid:account_id>/", service_accounts.service_account_show, name="service-account-show"),
    path("service-accounts/<uuid:account_id>/edit/", service_accounts.service_account_edit, name="service-account-edit"),
    path("service-accounts/<uuid:account_id>/tokens/", service_accounts.token_issue, name="token-issue"),
    path("tokens/<uuid:token_id>/revoke/", service_accounts.token_revoke, name="token-revoke"),
    path("audit/", audit.audit_index, name="audit-list"),
    path("audit/export.csv", audit.audit_export, name="audit-export"),
    path("audit/<uuid:entry_id>/", audit.audit_show, name="audit-show"),
    path("status/", status.status, name="status"),
    path("settings/", settings.settings_page, name="settings"),
]

urlpatterns = [
    path("", home.index, name="index"),
    path("t/<slug:slug>/", include(tenant_patterns)),
    path("invitations/<str:token>/", members.invitation_accept, name="invitation-accept"),
    path("status/", status.public_status, name="public-status"),
    path("theme/", appearance.set_theme, name="set_theme"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
