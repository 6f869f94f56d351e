"""Addresses of the console."""

from django.urls import URLPattern, include, path

from studio.views import (
    appearance,
    approvals,
    audit,
    connectors,
    home,
    keys,
    limits,
    members,
    providers,
    requests,
    routes,
    service_accounts,
    settings,
    status,
    styleguide,
    try_it,
    units,
    usage,
)

people: list[URLPattern] = [
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
    path(
        "service-accounts/<uuid:account_id>/edit/", service_accounts.service_account_edit, name="service-account-edit"
    ),
    path("service-accounts/<uuid:account_id>/tokens/", service_accounts.token_issue, name="token-issue"),
    path("tokens/<uuid:token_id>/revoke/", service_accounts.token_revoke, name="token-revoke"),
]

governance: list[URLPattern] = [
    path("keys/", keys.key_index, name="key-list"),
    path("keys/new/", keys.key_new, name="key-new"),
    path("keys/<uuid:key_id>/", keys.key_show, name="key-show"),
    path("keys/<uuid:key_id>/edit/", keys.key_edit, name="key-edit"),
    path("keys/<uuid:key_id>/rotate/", keys.key_rotate, name="key-rotate"),
    path("keys/<uuid:key_id>/revoke/", keys.key_revoke, name="key-revoke"),
    path("limits/", limits.limit_index, name="limit-list"),
    path("limits/new/", limits.limit_new, name="limit-new"),
    path("limits/<uuid:limit_id>/edit/", limits.limit_edit, name="limit-edit"),
    path("limits/<uuid:limit_id>/deactivate/", limits.limit_deactivate, name="limit-deactivate"),
    path("credentials/", limits.credential_index, name="credential-list"),
    path("credentials/new/", limits.credential_new, name="credential-new"),
    path("credentials/<uuid:credential_id>/rotate/", limits.credential_rotate, name="credential-rotate"),
    path("credentials/<uuid:credential_id>/delete/", limits.credential_delete, name="credential-delete"),
    path("ledger/", limits.ledger_index, name="ledger-list"),
]

gateway: list[URLPattern] = [
    path("providers/", providers.provider_index, name="provider-list"),
    path("providers/new/", providers.provider_new, name="provider-new"),
    path("providers/<uuid:provider_id>/", providers.provider_show, name="provider-show"),
    path("providers/<uuid:provider_id>/edit/", providers.provider_edit, name="provider-edit"),
    path("providers/<uuid:provider_id>/archive/", providers.provider_archive, name="provider-archive"),
    path("deployments/", providers.deployment_index, name="deployment-list"),
    path("deployments/new/", providers.deployment_new, name="deployment-new"),
    path("deployments/<uuid:deployment_id>/", providers.deployment_show, name="deployment-show"),
    path("deployments/<uuid:deployment_id>/edit/", providers.deployment_edit, name="deployment-edit"),
    path("deployments/<uuid:deployment_id>/archive/", providers.deployment_archive, name="deployment-archive"),
    path("routes/", routes.route_index, name="route-list"),
    path("routes/new/", routes.route_new, name="route-new"),
    path("routes/<uuid:route_id>/", routes.route_show, name="route-show"),
    path("routes/<uuid:route_id>/edit/", routes.route_edit, name="route-edit"),
    path("routes/<uuid:route_id>/try/", try_it.route_try, name="route-try"),
    path("routes/<uuid:route_id>/archive/", routes.route_archive, name="route-archive"),
    path("routes/<uuid:route_id>/versions/<int:number>/", routes.route_version, name="route-version"),
    path("routes/<uuid:route_id>/versions/<int:number>/publish/", routes.route_rollback, name="route-rollback"),
    path("requests/", requests.request_index, name="request-list"),
    path("requests/<uuid:request_id>/", requests.request_show, name="request-show"),
    path("usage/", usage.usage, name="usage"),
    path("usage/export.csv", usage.usage_csv, name="usage-export"),
]

workflows: list[URLPattern] = [
    path("approvals/", approvals.approval_index, name="approval-list"),
    path("approvals/<uuid:approval_id>/", approvals.approval_show, name="approval-show"),
    path("connectors/", connectors.connector_index, name="connector-list"),
    path("connectors/new/", connectors.connector_new, name="connector-new"),
    path("connectors/<uuid:connector_id>/", connectors.connector_show, name="connector-show"),
    path("connectors/<uuid:connector_id>/edit/", connectors.connector_edit, name="connector-edit"),
    path("connectors/<uuid:connector_id>/stop/", connectors.connector_stop, name="connector-stop"),
    path("connectors/<uuid:connector_id>/start/", connectors.connector_start, name="connector-start"),
    path(
        "connectors/<uuid:connector_id>/operations/<uuid:operation_id>/",
        connectors.operation_show,
        name="operation-show",
    ),
    path(
        "connectors/<uuid:connector_id>/operations/<uuid:operation_id>/call/",
        connectors.operation_call,
        name="operation-call",
    ),
]

tenant: list[URLPattern] = [
    path("", home.home, name="home"),
    path("audit/", audit.audit_index, name="audit-list"),
    path("audit/export.csv", audit.audit_export, name="audit-export"),
    path("audit/<uuid:entry_id>/", audit.audit_show, name="audit-show"),
    path("status/", status.status, name="status"),
    path("settings/", settings.settings_page, name="settings"),
]

urlpatterns = [
    path("", home.index, name="index"),
    path("t/<slug:slug>/", include([*tenant, *people, *governance, *gateway, *workflows])),
    path("invitations/<str:token>/", members.invitation_accept, name="invitation-accept"),
    path("approvals/<str:token>/", approvals.approval_link, name="approval-link"),
    path("status/", status.public_status, name="public-status"),
    path("theme/", appearance.set_theme, name="set_theme"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
