"""Words of the domain as shown to people; the values themselves are those of `tenants.domain`."""

from django.utils.translation import gettext_lazy as _

from tenants.domain import Role, UnitKind

ROLE_LABELS = {
    Role.OWNER: _("Owner: everything, and who is owner"),
    Role.ADMIN: _("Admin: people, keys, limits, credentials"),
    Role.ARCHITECT: _("Architect: providers, deployments, routes"),
    Role.APPROVER: _("Approver: decides on approvals"),
    Role.DEVELOPER: _("Developer: reads all of it, tries routes"),
    Role.AUDITOR: _("Auditor: reads audit and ledger"),
}
ROLE_NAMES = {
    Role.OWNER: _("Owner"),
    Role.ADMIN: _("Admin"),
    Role.ARCHITECT: _("Architect"),
    Role.APPROVER: _("Approver"),
    Role.DEVELOPER: _("Developer"),
    Role.AUDITOR: _("Auditor"),
}
UNIT_KIND_LABELS = {
    UnitKind.DEPARTMENT: _("Department"),
    UnitKind.CUSTOMER: _("Customer"),
    UnitKind.PROJECT: _("Project"),
}


def role_names(roles: list[str]) -> str:
    """Roles as one line of words."""
    return ", ".join(str(ROLE_NAMES[Role(role)]) for role in roles)
