"""Data keys of a tenant: made on first use, replaced on request, rewrapped when the root key changes."""

from uuid import UUID

from keys.models import ProviderCredential, TenantKey
from keys.ports import FieldRef, WrappedKey, vault
from tenants import audit
from tenants.scope import tenant_tx, tx_tenant
from tenants.stamp import touch_config


def data_key(tenant_id: UUID | None = None) -> WrappedKey:
    """The newest data key of the present tenant; the first call makes it."""
    tenant = tenant_id or tx_tenant()
    newest = TenantKey.objects.order_by("-version").first()
    if newest is None:
        fresh = vault().new_key(tenant, 1)
        TenantKey.objects.bulk_create([TenantKey(version=1, wrapped=fresh.wrapped)], ignore_conflicts=True)
        newest = TenantKey.objects.get(version=1)
    return _wrapped(newest)


def data_key_rotate() -> int:
    """Make a new data key for the present tenant and seal everything with it; return how many secrets moved."""
    with tenant_tx():
        rows = {row.version: _wrapped(row) for row in TenantKey.objects.select_for_update().order_by("version")}
        fresh = vault().new_key(tx_tenant(), max(rows, default=0) + 1)
        newest = TenantKey.objects.create(version=fresh.version, wrapped=fresh.wrapped)
        credentials = list(ProviderCredential.objects.select_for_update().order_by("id"))
        for credential in credentials:
            place = FieldRef(credential.id, "secret")
            secret = vault().open(rows[credential.key_version], place, bytes(credential.ciphertext))
            credential.ciphertext, credential.key_version = vault().seal(fresh, place, secret), fresh.version
            credential.save(update_fields=["ciphertext", "key_version"])
        touch_config()
        audit.record("vault.rotate", newest, {"secrets": len(credentials)})
    return len(credentials)


def data_keys_rewrap() -> int:
    """Wrap every data key of the present tenant by the current root key; return how many."""
    with tenant_tx():
        rows = list(TenantKey.objects.select_for_update().order_by("version"))
        for row in rows:
            row.wrapped = vault().rewrap(_wrapped(row)).wrapped
            row.save(update_fields=["wrapped"])
            audit.record("vault.rewrap", row)
        touch_config()
    return len(rows)


def _wrapped(row: TenantKey) -> WrappedKey:
    return WrappedKey(row.tenant_id, row.version, bytes(row.wrapped))
