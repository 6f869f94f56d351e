"""Addresses of keys and money under /api/v1/. They do not name the tenant: the token does."""

from django.urls import path

from keys.api import credentials, ledger, limits, virtual_keys

key = "virtual-keys/<uuid:key_id>/"
limit = "limits/<uuid:limit_id>/"
credential = "provider-credentials/<uuid:credential_id>/"

urlpatterns = [
    path("virtual-keys/", virtual_keys.VirtualKeys.as_view(), name="api-virtual-keys"),
    path(key, virtual_keys.VirtualKeyDetail.as_view(), name="api-virtual-key"),
    path(f"{key}limits/", virtual_keys.VirtualKeyLimits.as_view(), name="api-virtual-key-limits"),
    path(f"{key}rotate/", virtual_keys.VirtualKeyRotate.as_view(), name="api-virtual-key-rotate"),
    path(f"{key}revoke/", virtual_keys.VirtualKeyRevoke.as_view(), name="api-virtual-key-revoke"),
    path("limits/", limits.Limits.as_view(), name="api-limits"),
    path(limit, limits.LimitDetail.as_view(), name="api-limit"),
    path(f"{limit}deactivate/", limits.LimitDeactivate.as_view(), name="api-limit-deactivate"),
    path("provider-credentials/", credentials.Credentials.as_view(), name="api-credentials"),
    path(credential, credentials.CredentialDetail.as_view(), name="api-credential"),
    path(f"{credential}rotate/", credentials.CredentialRotate.as_view(), name="api-credential-rotate"),
    path("ledger/", ledger.LedgerEntries.as_view(), name="api-ledger"),
    path("ledger/check/", ledger.LedgerCheck.as_view(), name="api-ledger-check"),
    path("ledger/<uuid:entry_id>/", ledger.LedgerEntryDetail.as_view(), name="api-ledger-entry"),
]
