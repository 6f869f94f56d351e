"""People of a tenant: joining, roles, leaving, and the logged break-glass of platform staff."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.access import access_membership, require
from tenants.domain import Role
from tenants.errors import Conflict, Invalid, NotFound
from tenants.models import Lookup, Membership, PlatformAuditEntry, User
from tenants.scope import Scope, tenant_tx
from tenants.services.grants import check_grant, check_owner_remains, lock_owners
from tenants.tokens import membership_digest

BREAK_GLASS_HOURS = 4


def member_change(membership_id: UUID | str, *, roles: Iterable[Role], active: bool) -> Membership:
    """Change the roles of a member, or switch the membership off; one active owner must remain."""
    wanted = sorted(roles)
    with tenant_tx():
        require("member.change")
        lock_owners()
        membership = access_membership(membership_id, lock=True)
        before = {"roles": sorted(membership.roles), "active": membership.active}
        _check_change(membership, wanted, active=active)
        membership.roles, membership.active = [str(role) for role in wanted], active
        membership.save(update_fields=["roles", "active"])
        check_owner_remains()
        audit.record("member.change", membership, audit.differences(before, {"roles": wanted, "active": active}))
    return membership


def member_add(scope: Scope, *, user: User, roles: Iterable[Role]) -> Membership:
    """Add a person directly, as the demo loader and `tenant_create --owner-password` do."""
    with tenant_tx(scope):
        membership = join(user, roles)
        audit.record("member.join", membership, {"roles": sorted(roles)})
    return membership


def break_glass_open(scope: Scope, *, user: User, reason: str) -> Membership:
    """Give platform staff read access for a few hours; the tenant sees who, why and until when in its audit."""
    if scope.actor.kind != "staff" or not user.is_staff:
        raise NotFound()
    if not reason.strip():
        raise Invalid(errors={"reason": [_("Say why; the tenant reads it in its audit log.")]})
    with tenant_tx(scope):
        membership = Membership.objects.select_for_update().filter(user=user).first() or Membership(user=user)
        if membership.active and membership.roles and not membership.break_glass_reason:
            raise Conflict(_("You are a member of this tenant already."))
        membership.roles, membership.active, membership.break_glass_reason = [Role.AUDITOR.value], True, reason
        membership.expires_at = timezone.now() + timedelta(hours=BREAK_GLASS_HOURS)
        _save(membership)
        changes = {"reason": reason, "until": str(membership.expires_at)}
        audit.record("break_glass.open", membership, changes)
        PlatformAuditEntry.objects.create(
            actor_label=scope.actor.label, action="break_glass.open", object_label=str(scope.tenant_id), changes=changes
        )
    return membership


def user_create(*, email: str, name: str, password: str) -> User:
    """Create the account of an invited person, whose address is confirmed: the invitation went there."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
            return user
    except IntegrityError as error:
        raise Invalid(errors={"email": [_("There is an account with this address. Sign in with it.")]}) from error


def join(user: User, roles: Iterable[Role]) -> Membership:
    """Make `user` a lasting member; a present member keeps the roles it has, a former one does not."""
    membership = Membership.objects.select_for_update().filter(user=user).first() or Membership(user=user, roles=[])
    lasting = membership.active and membership.expires_at is None
    kept = membership.roles if lasting else []
    membership.roles = sorted({*kept, *(str(role) for role in roles)})
    membership.active, membership.expires_at, membership.break_glass_reason = True, None, ""
    return _save(membership)


def _save(membership: Membership) -> Membership:
    membership.save()
    Lookup.objects.get_or_create(
        kind="membership",
        digest=membership_digest(membership.user_id),
        tenant_id=membership.tenant_id,
        object_id=membership.id,
    )
    return membership


def _check_change(membership: Membership, wanted: list[Role], *, active: bool) -> None:
    """Owners are changed by owners only, switching off included; temporary access of staff can only be ended."""
    touched = {*wanted} ^ {Role(role) for role in membership.roles}
    check_grant(touched if active == membership.active else {*touched, *membership.roles})
    if membership.break_glass_reason and (touched or active):
        raise Conflict(_("This is temporary access of platform staff. It can only be switched off."))
