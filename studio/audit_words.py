"""What was done, in words: every action that code writes into the audit trail; a test holds the two equal."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: Final[Mapping[str, Promise]] = {
    "api_token.issue": _("API token issued"),
    "api_token.revoke": _("API token revoked"),
    "approval.decide": _("Approval decided"),
    "approval.expire": _("Approval expired"),
    "approval.request": _("Approval asked for"),
    "approval.withdraw": _("Approval withdrawn"),
    "break_glass.open": _("Emergency access opened"),
    "connector.change": _("Connector changed"),
    "connector.create": _("Connector added"),
    "connector.start": _("Connector started"),
    "connector.stop": _("Connector stopped"),
    "credential.create": _("Credential added"),
    "credential.delete": _("Credential deleted"),
    "credential.rotate": _("Credential rotated"),
    "definition.archive": _("Definition archived"),
    "definition.publish": _("Definition published"),
    "definition.restore": _("Definition restored"),
    "deployment.archive": _("Deployment archived"),
    "deployment.change": _("Deployment changed"),
    "deployment.create": _("Deployment added"),
    "event.redrive": _("Event sent again"),
    "invitation.create": _("Invitation sent"),
    "invitation.revoke": _("Invitation taken back"),
    "limit.change": _("Limit changed"),
    "limit.create": _("Limit set"),
    "limit.deactivate": _("Limit ended"),
    "member.change": _("Member changed"),
    "member.join": _("Member joined"),
    "pattern.archive": _("Pattern configuration archived"),
    "pattern.change": _("Pattern configuration changed"),
    "pattern.create": _("Pattern configuration made"),
    "pattern.restore": _("Pattern configuration restored"),
    "pattern.start": _("Pattern configuration started"),
    "pattern.stop": _("Pattern configuration stopped"),
    "provider.archive": _("Provider archived"),
    "provider.change": _("Provider changed"),
    "provider.create": _("Provider added"),
    "route.archive": _("Route archived"),
    "route.create": _("Route added"),
    "route.publish": _("Route published"),
    "route.restore": _("Route restored"),
    "route.rollback": _("Route rolled back"),
    "run.cancel": _("Run cancelled"),
    "run.decide": _("Compensation decided"),
    "run.resume": _("Run resumed"),
    "run.retry": _("Run taken up again"),
    "run.start": _("Run started"),
    "service_account.change": _("Service account changed"),
    "service_account.create": _("Service account added"),
    "tenant.change": _("Settings changed"),
    "tenant.create": _("Tenant created"),
    "tenant.status": _("Tenant opened or suspended"),
    "unit.archive": _("Unit archived"),
    "unit.change": _("Unit changed"),
    "unit.create": _("Unit added"),
    "unit.restore": _("Unit restored"),
    "vault.rewrap": _("Secret wrapped anew"),
    "vault.rotate": _("Vault key rotated"),
    "virtual_key.change": _("Virtual key changed"),
    "virtual_key.issue": _("Virtual key issued"),
    "virtual_key.revoke": _("Virtual key revoked"),
    "virtual_key.rotate": _("Virtual key rotated"),
}


def said(action: str) -> str:
    """An action in the language of the page; one of a newer or older version as it is written."""
    return str(ACTIONS.get(action, action))
