"""Errors of this app in the tree of the project.

    Invalid
     └─ InvalidConnector     400 invalid_connector    the document of a connector has faults, each named by its path

How a call ends is no exception but an Outcome (`connectors.contract`).
"""

from tenants.errors import Invalid


def _(text: str) -> str:
    """Mark for translation; whoever shows it translates."""
    return text


class InvalidConnector(Invalid):
    """The document cannot be used; `errors` names each place."""

    code = "invalid_connector"
    public_message = _("The connector has faults. Each one is named by its place.")
