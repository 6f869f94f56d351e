"""Who may give which role, and that a tenant keeps an owner."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from tenants.domain import Role
from tenants.errors import Conflict, Invalid
from tenants.models import Membership
from tenants.scope import current_scope


def check_grant(roles: Iterable[str]) -> None:
    """Only an owner gives, takes or uses the owner role for somebody else; Invalid names `roles`."""
    actor = current_scope().actor
    if Role.OWNER in set(roles) and Role.OWNER not in actor.roles and actor.kind not in {"system", "staff"}:
        raise Invalid(errors={"roles": [_("Only an owner can give or take the owner role.")]})


def lock_owners() -> None:
    """Make concurrent changes of owners wait for each other, or two of them could remove the last two at once."""
    owners = Membership.objects.filter(roles__contains=[Role.OWNER]).order_by("id")
    list(owners.select_for_update().values_list("id"))


def check_owner_remains() -> None:
    """Raise Conflict when no lasting, active membership has the owner role any more."""
    lasting = Membership.objects.filter(active=True, expires_at__isnull=True, roles__contains=[Role.OWNER])
    if not lasting.exists():
        raise Conflict(_("A tenant needs at least one active owner. Make someone else owner first."))
