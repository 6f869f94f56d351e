"""Writes of the kernel: tenants, units, members, invitations, service accounts, tokens. Each is one audited transaction."""

import zoneinfo
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.access import access_membership, access_service_account, access_unit, fetch, require
from tenants.domain import Role, TenantStatus, UnitKind
from tenants.errors import Conflict, Invalid, NotFound
from tenants.models import (
    ApiToken,
    Invitation,
    Lookup,
    Membership,
    PlatformAuditEntry,
    ServiceAccount,
    Tenant,
    Unit,
    User,
)
from tenants.queue import enqueue_on_commit
from tenants.scope import Scope, current_scope, tenant_tx
from tenants.stamp import touch_config
from tenants.tokens import API_TOKEN_PREFIX, INVITATION_PREFIX, NewToken, digest_of, membership_digest, new_token

INVITATION_DAYS = 7
BREAK_GLASS_HOURS = 4


def tenant_create(scope: Scope, *, slug: str, name: str, owner_email: str, time_zone: str, accept_url: str) -> Tenant:
    """Create a tenant with the id of `scope` and invite its first owner by mail.

    `accept_url` is the address of the invitation page with `{token}` in it.
    """
    check_time_zone(time_zone)
    try:
        with transaction.atomic():
            tenant = Tenant.objects.create(id=scope.tenant_id, slug=slug, name=name, time_zone=time_zone)
            PlatformAuditEntry.objects.create(
                actor_label=scope.actor.label, action="tenant.create", object_label=slug, changes={"name": name}
            )
    except IntegrityError as error:
        raise Invalid(errors={"slug": [_("Another tenant uses this short name. Choose a different one.")]}) from error
    with tenant_tx(scope):
        touch_config()
        audit.record("tenant.create", tenant, {"slug": slug, "name": name})
        if owner_email:
            _invite(owner_email, [Role.OWNER], accept_url)
    return tenant


def tenant_change(scope: Scope, *, name: str, time_zone: str) -> Tenant:
    """Change the name and the reporting time zone."""
    check_time_zone(time_zone)
    with tenant_tx(scope):
        require("settings.change")
        tenant = Tenant.objects.select_for_update().get(pk=scope.tenant_id)
        after = {"name": name, "time_zone": time_zone}
        changes = audit.differences({field: getattr(tenant, field) for field in after}, after)
        tenant.name, tenant.time_zone = name, time_zone
        tenant.save(update_fields=["name", "time_zone"])
        touch_config()
        audit.record("tenant.change", tenant, changes)
    return tenant


def tenant_set_status(scope: Scope, *, status: TenantStatus, reason: str) -> Tenant:
    """Suspend, reopen or close a tenant; its keys stop working within a second. Platform staff only."""
    if scope.actor.kind != "staff":
        raise NotFound()
    with tenant_tx(scope):
        tenant = Tenant.objects.select_for_update().get(pk=scope.tenant_id)
        before, tenant.status = tenant.status, status
        tenant.save(update_fields=["status"])
        touch_config()
        audit.record("tenant.status", tenant, {"status": [before, str(status)], "reason": reason})
    return tenant


def check_time_zone(name: str) -> None:
    """Raise Invalid unless `name` is an IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise Invalid(errors={"time_zone": [_("Unknown time zone. Use an IANA name such as Asia/Ho_Chi_Minh.")]})


def unit_create(*, name: str, kind: UnitKind, parent_id: UUID | None) -> Unit:
    """Create a unit at the top or below `parent_id`."""
    with tenant_tx():
        require("unit.change")
        parent = access_unit(parent_id) if parent_id else None
        unit = Unit(name=name, kind=kind, parent=parent)
        unit.path = [*(parent.path if parent else []), unit.id]
        _save_named(unit)
        touch_config()
        audit.record("unit.create", unit, {"kind": str(kind), "parent": str(parent or "")})
    return unit


def unit_change(unit_id: UUID | str, *, name: str, kind: UnitKind) -> Unit:
    """Rename a unit or change its kind; its place in the tree stays, since holds and ledger refer to its path."""
    with tenant_tx():
        require("unit.change")
        unit = access_unit(unit_id, lock=True)
        changes = audit.differences({"name": unit.name, "kind": unit.kind}, {"name": name, "kind": str(kind)})
        unit.name, unit.kind = name, kind
        _save_named(unit)
        audit.record("unit.change", unit, changes)
    return unit


def unit_archive(unit_id: UUID | str, *, archived: bool) -> Unit:
    """Hide a unit from choices, or bring it back; nothing is deleted, because the ledger refers to it."""
    with tenant_tx():
        require("unit.change")
        unit = access_unit(unit_id, lock=True)
        if archived and Unit.objects.filter(parent=unit, archived_at__isnull=True).exists():
            raise Conflict(_("Archive the units below this one first."))
        unit.archived_at = timezone.now() if archived else None
        unit.save(update_fields=["archived_at"])
        audit.record("unit.archive" if archived else "unit.restore", unit)
    return unit


def _save_named(unit: Unit) -> None:
    try:
        with transaction.atomic():
            unit.save()
    except IntegrityError as error:
        raise Invalid(errors={"name": [_("There is a unit with this name here already.")]}) from error


def member_invite(*, email: str, roles: Iterable[Role], accept_url: str) -> Invitation:
    """Invite somebody by mail; an earlier open invitation of the same address is replaced."""
    with tenant_tx():
        require("member.change")
        _check_grant(roles)
        return _invite(email, list(roles), accept_url)


def invitation_revoke(invitation_id: UUID | str) -> Invitation:
    """Take an invitation back."""
    with tenant_tx():
        require("member.change")
        invitation = fetch(Invitation, invitation_id, lock=True)
        if invitation.accepted_at:
            raise Conflict(_("This invitation has been accepted. Remove the member instead."))
        invitation.revoked_at = invitation.revoked_at or timezone.now()
        invitation.save(update_fields=["revoked_at"])
        audit.record("invitation.revoke", invitation)
    return invitation


def invitation_accept(scope: Scope, *, token: str, user: User) -> Membership:
    """Turn an open invitation into a membership of `user`; the token works once."""
    with tenant_tx(scope):
        invitation = (
            Invitation.objects.select_for_update()
            .filter(digest=digest_of(token), accepted_at__isnull=True, revoked_at__isnull=True)
            .first()
        )
        if invitation is None or invitation.expires_at <= timezone.now():
            raise NotFound(_("This invitation is used, expired or withdrawn. Ask for a new one."))
        if invitation.email != user.email:
            raise NotFound(_("This invitation was sent to another address. Sign in with that one."))
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        membership = _membership(user, [Role(role) for role in invitation.roles])
        audit.record("member.join", membership, {"roles": list(invitation.roles)})
    return membership


def member_change(membership_id: UUID | str, *, roles: Iterable[Role], active: bool) -> Membership:
    """Change the roles of a member, or switch the membership off; one active owner must remain."""
    wanted = sorted(roles)
    with tenant_tx():
        require("member.change")
        membership = access_membership(membership_id, lock=True)
        _check_grant({*wanted} ^ {Role(role) for role in membership.roles})
        before = {"roles": list(membership.roles), "active": membership.active}
        membership.roles, membership.active = [str(role) for role in wanted], active
        membership.save(update_fields=["roles", "active"])
        _check_owner_remains()
        audit.record("member.change", membership, audit.differences(before, {"roles": wanted, "active": active}))
    return membership


def break_glass_open(scope: Scope, *, user: User, reason: str) -> Membership:
    """Give platform staff read access for a few hours; the tenant sees who, why and until when in its audit."""
    if scope.actor.kind != "staff":
        raise NotFound()
    with tenant_tx(scope):
        membership = _membership(user, [Role.AUDITOR])
        membership.break_glass_reason = reason
        membership.expires_at = timezone.now() + timedelta(hours=BREAK_GLASS_HOURS)
        membership.save(update_fields=["break_glass_reason", "expires_at"])
        audit.record("break_glass.open", membership, {"reason": reason, "until": membership.expires_at})
    return membership


def user_create(*, email: str, name: str, password: str) -> User:
    """Create the account of an invited person."""
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, name=name)
    except IntegrityError as error:
        raise Invalid(errors={"email": [_("There is an account with this address. Sign in with it.")]}) from error


def member_add(scope: Scope, *, user: User, roles: Iterable[Role]) -> Membership:
    """Add a person directly, as the demo loader and `tenant_create --owner-password` do."""
    with tenant_tx(scope):
        membership = _membership(user, list(roles))
        audit.record("member.join", membership, {"roles": sorted(roles)})
    return membership


def _membership(user: User, roles: list[Role]) -> Membership:
    membership = Membership.objects.filter(user=user).first() or Membership(user=user, roles=[])
    membership.roles = sorted({*membership.roles, *(str(role) for role in roles)})
    membership.active = True
    membership.save()
    Lookup.objects.get_or_create(
        kind="membership",
        digest=membership_digest(user.id),
        tenant_id=membership.tenant_id,
        object_id=membership.id,
    )
    return membership


def _invite(email: str, roles: list[Role], accept_url: str) -> Invitation:
    email = User.objects.normalize_email(email)
    if Membership.objects.filter(user__email=email, active=True, expires_at__isnull=True).exists():
        raise Invalid(errors={"email": [_("This person is a member already. Change the roles there.")]})
    Invitation.objects.filter(email=email, accepted_at__isnull=True, revoked_at__isnull=True).update(
        revoked_at=timezone.now()
    )
    token = new_token(INVITATION_PREFIX)
    invitation = Invitation.objects.create(
        email=email,
        roles=[str(role) for role in roles],
        digest=token.digest,
        invited_by=current_scope().actor.label,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    Lookup.objects.create(
        kind="invitation", digest=token.digest, tenant_id=invitation.tenant_id, object_id=invitation.id
    )
    audit.record("invitation.create", invitation, {"roles": sorted(roles)})
    _mail_invitation(invitation, accept_url.replace("{token}", token.secret))
    return invitation


def _mail_invitation(invitation: Invitation, address: str) -> None:
    tenant = Tenant.objects.get(pk=invitation.tenant_id)
    subject = _("You are invited to %(tenant)s") % {"tenant": tenant.name}
    body = _(
        "%(who)s invites you to %(tenant)s on AI Orchestration.\n\nAccept here within %(days)d days:\n%(address)s\n\n"
        "If you did not expect this, ignore it; nothing happens."
    ) % {"who": invitation.invited_by, "tenant": tenant.name, "days": INVITATION_DAYS, "address": address}
    enqueue_on_commit("tenants.mail_send", subject=subject, body=body, to=[invitation.email])


def _check_grant(roles: Iterable[Role]) -> None:
    """Only an owner gives or takes the owner role."""
    actor = current_scope().actor
    if Role.OWNER in set(roles) and Role.OWNER not in actor.roles and actor.kind != "system":
        raise Invalid(errors={"roles": [_("Only an owner can give or take the owner role.")]})


def _check_owner_remains() -> None:
    if not Membership.objects.filter(active=True, roles__contains=[Role.OWNER]).exists():
        raise Conflict(_("A tenant needs at least one active owner. Make someone else owner first."))


def service_account_create(*, name: str, roles: Iterable[Role]) -> ServiceAccount:
    """Create a service account; it can do nothing until it has a token."""
    with tenant_tx():
        require("service_account.change")
        _check_grant(roles)
        account = ServiceAccount(name=name, roles=sorted(roles))
        _save_account(account)
        audit.record("service_account.create", account, {"roles": sorted(roles)})
    return account


def service_account_change(account_id: UUID | str, *, name: str, roles: Iterable[Role], active: bool) -> ServiceAccount:
    """Change name, roles or whether it may sign in; takes effect with its next request."""
    with tenant_tx():
        require("service_account.change")
        account = access_service_account(account_id, lock=True)
        _check_grant({*roles} ^ {Role(role) for role in account.roles})
        before = {"name": account.name, "roles": list(account.roles), "active": account.active}
        account.name, account.roles, account.active = name, sorted(roles), active
        _save_account(account)
        after = {"name": name, "roles": sorted(roles), "active": active}
        audit.record("service_account.change", account, audit.differences(before, after))
    return account


def api_token_issue(account_id: UUID | str, *, days: int | None) -> tuple[ApiToken, NewToken]:
    """Issue a token of a service account, valid for `days` (None = until revoked). The secret is returned once."""
    with tenant_tx():
        require("service_account.change")
        account = access_service_account(account_id)
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
        token.revoked_at = token.revoked_at or timezone.now()
        token.save(update_fields=["revoked_at"])
        audit.record("api_token.revoke", token.service_account, {"last4": token.last4})
    return token


def _save_account(account: ServiceAccount) -> None:
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        raise Invalid(errors={"name": [_("There is a service account with this name already.")]}) from error
