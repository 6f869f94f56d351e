"""Invitations by mail: the link works once, for one address, for a week."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.access import access_invitation, require
from tenants.domain import Role
from tenants.errors import Conflict, Invalid, NotFound
from tenants.mail import mail_write
from tenants.models import Invitation, Lookup, Membership, Tenant, User
from tenants.scope import Scope, current_scope, tenant_tx
from tenants.services.grants import check_grant
from tenants.services.members import join
from tenants.tokens import INVITATION_PREFIX, digest_of, new_token

INVITATION_DAYS = 7


def member_invite(*, email: str, roles: Iterable[Role], accept_url: str) -> Invitation:
    """Invite somebody by mail; an earlier open invitation of the same address is replaced."""
    wanted = list(roles)
    with tenant_tx():
        require("member.change")
        check_grant(wanted)
        return invite(email, wanted, accept_url)


def invitation_revoke(invitation_id: UUID | str) -> Invitation:
    """Take an invitation back."""
    with tenant_tx():
        require("member.change")
        invitation = access_invitation(invitation_id, lock=True)
        check_grant(invitation.roles)
        if invitation.accepted_at:
            raise Conflict(_("This invitation has been accepted. Remove the member instead."))
        if invitation.revoked_at is None:
            invitation.revoked_at = timezone.now()
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
        membership = join(user, [Role(role) for role in invitation.roles])
        audit.record("member.join", membership, {"roles": list(invitation.roles)})
    return membership


def invite(email: str, roles: list[Role], accept_url: str) -> Invitation:
    """Create the invitation and send its mail after commit; the caller has checked who may."""
    email = User.objects.normalize_email(email)
    if Membership.objects.filter(user__email=email, active=True, expires_at__isnull=True).exists():
        raise Invalid(errors={"email": [_("This person is a member already. Change the roles there.")]})
    open_ones = Invitation.objects.filter(email=email, accepted_at__isnull=True, revoked_at__isnull=True)
    open_ones.update(revoked_at=timezone.now())
    token = new_token(INVITATION_PREFIX)
    invitation: Invitation = Invitation.objects.create(
        email=email,
        roles=sorted(str(role) for role in roles),
        digest=token.digest,
        invited_by=current_scope().actor.label,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    Lookup.objects.create(
        kind="invitation", digest=token.digest, tenant_id=invitation.tenant_id, object_id=invitation.id
    )
    audit.record("invitation.create", invitation, {"roles": invitation.roles})
    _mail(invitation, accept_url.replace("{token}", token.secret))
    return invitation


def _mail(invitation: Invitation, address: str) -> None:
    tenant = Tenant.objects.get(pk=invitation.tenant_id)
    subject = _("You are invited to %(tenant)s") % {"tenant": tenant.name}
    body = _(
        "%(who)s invites you to %(tenant)s on AI Orchestration.\n\nAccept here within %(days)d days:\n%(address)s\n\n"
        "If you did not expect this, ignore it; nothing happens."
    ) % {"who": invitation.invited_by, "tenant": tenant.name, "days": INVITATION_DAYS, "address": address}
    mail_write(to=invitation.email, subject=subject, body=body)
