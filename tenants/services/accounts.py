"""Service accounts and their API tokens."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.access import access_service_account, fetch, require
from tenants.domain import Role
from tenants.errors import Invalid
from tenants.models import ApiToken, Lookup, ServiceAccount
from tenants.scope import tenant_tx
from tenants.services.grants import check_grant
from tenants.tokens import API_TOKEN_PREFIX, NewToken, new_token


def service_account_create(*, name: str, roles: Iterable[Role]) -> ServiceAccount:
    """Create a service account; it can do nothing until it has a token."""
    wanted = sorted(str(role) for role in roles)
    with tenant_tx():
        require("service_account.change")
        check_grant(wanted)
        account = _save(ServiceAccount(name=name, roles=wanted))
        audit.record("service_account.create", account, {"roles": wanted})
    return account


def service_account_change(account_id: UUID | str, *, name: str, roles: Iterable[Role], active: bool) -> ServiceAccount:
    """Change name, roles or whether it may sign in; takes effect with its next request."""
    wanted = sorted(str(role) for role in roles)
    with tenant_tx():
        require("service_account.change")
        account = access_service_account(account_id, lock=True)
        touched = {*wanted} ^ {*account.roles}
        check_grant(touched if active == account.active else {*touched, *account.roles})
        before = {"name": account.name, "roles": sorted(account.roles), "active": account.active}
        account.name, account.roles, account.active = name, wanted, active
        _save(account)
        after = {"name": name, "roles": wanted, "active": active}
        audit.record("service_account.change", account, audit.differences(before, after))
    return account


def api_token_issue(account_id: UUID | str, *, days: int | None) -> tuple[ApiToken, NewToken]:
    """Issue a token of a service account, valid for `days` (None = until revoked). The secret is returned once."""
    with tenant_tx():
        require("service_account.change")
        account = access_service_account(account_id)
        check_grant(account.roles)  # or an admin would become owner through a robot
        secret = new_token(API_TOKEN_PREFIX)
        token = ApiToken.objects.create(
            service_account=account,
            digest=secret.digest,
            prefix=API_TOKEN_PREFIX,
            last4=secret.last4,
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        Lookup.objects.create(kind="api_token", digest=secret.digest, tenant_id=token.tenant_id, object_id=token.id)
        audit.record("api_token.issue", account, {"last4": secret.last4, "days": days})
    return token, secret


def api_token_revoke(token_id: UUID | str) -> ApiToken:
    """Revoke a token; takes effect with the next request."""
    with tenant_tx():
        require("service_account.change")
        token = fetch(ApiToken, token_id, lock=True)
        if token.revoked_at is None:
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            Lookup.objects.filter(kind="api_token", object_id=token.id).delete()
            audit.record("api_token.revoke", token.service_account, {"last4": token.last4})
    return token


def _save(account: ServiceAccount) -> ServiceAccount:
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        raise Invalid(errors={"name": [_("There is a service account with this name already.")]}) from error
    return account
