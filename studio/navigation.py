"""The navigation of the console as data: groups of pages, each shown to those who may read it."""

from dataclasses import dataclass

from django.utils.translation import gettext_noop


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: text, name of its view, icon, and the permission that shows it."""

    label: str
    view: str
    icon: str
    action: str


GROUPS: tuple[tuple[str, tuple[Item, ...]], ...] = (
    (
        "",
        (
            Item(gettext_noop("Home"), "home", "home", "home.read"),
            Item(gettext_noop("Studio"), "studio", "pattern", "studio.read"),
        ),
    ),
    (
        gettext_noop("Gateway"),
        (
            Item(gettext_noop("Routes"), "route-list", "route", "route.read"),
            Item(gettext_noop("Deployments"), "deployment-list", "deployment", "deployment.read"),
            Item(gettext_noop("Providers"), "provider-list", "provider", "provider.read"),
            Item(gettext_noop("Requests"), "request-list", "request", "request.read"),
            Item(gettext_noop("Usage"), "usage", "usage", "usage.read"),
        ),
    ),
    (
        gettext_noop("Workflows"),
        (
            Item(gettext_noop("Patterns"), "pattern-list", "pattern", "pattern.read"),
            Item(gettext_noop("Definitions"), "definition-list", "workflow", "definition.read"),
            Item(gettext_noop("Runs"), "run-list", "play", "run.read"),
            Item(gettext_noop("Approvals"), "approval-list", "approval", "approval.read"),
            Item(gettext_noop("Events"), "event-list", "event", "event.read"),
            Item(gettext_noop("Dead letters"), "delivery-list", "mail", "event.read"),
            Item(gettext_noop("Connectors"), "connector-list", "connector", "connector.read"),
        ),
    ),
    (
        gettext_noop("Governance"),
        (
            Item(gettext_noop("Virtual keys"), "key-list", "key", "key.read"),
            Item(gettext_noop("Limits"), "limit-list", "limit", "limit.read"),
            Item(gettext_noop("Credentials"), "credential-list", "credential", "credential.read"),
            Item(gettext_noop("Ledger"), "ledger-list", "ledger", "ledger.read"),
        ),
    ),
    (
        gettext_noop("People"),
        (
            Item(gettext_noop("Units"), "unit-list", "unit", "unit.read"),
            Item(gettext_noop("Members"), "member-list", "member", "member.read"),
            Item(gettext_noop("Service accounts"), "service-account-list", "service-account", "service_account.read"),
        ),
    ),
    (
        gettext_noop("Tenant"),
        (
            Item(gettext_noop("Audit"), "audit-list", "audit", "audit.read"),
            Item(gettext_noop("Status"), "status", "status", "status.read"),
            Item(gettext_noop("Settings"), "settings", "settings", "settings.read"),
        ),
    ),
)

# What can be begun from anywhere, in the command palette.
ACTIONS: tuple[Item, ...] = (
    Item(gettext_noop("First steps"), "first-steps", "play", "route.try"),
    Item(gettext_noop("New route"), "route-new", "route", "route.change"),
    Item(gettext_noop("New deployment"), "deployment-new", "deployment", "deployment.change"),
    Item(gettext_noop("New provider"), "provider-new", "provider", "provider.change"),
    Item(gettext_noop("Use a pattern"), "pattern-new", "pattern", "pattern.change"),
    Item(gettext_noop("Publish a definition"), "definition-new", "workflow", "definition.change"),
    Item(gettext_noop("New connector"), "connector-new", "connector", "connector.change"),
    Item(gettext_noop("New key"), "key-new", "key", "key.change"),
    Item(gettext_noop("New limit"), "limit-new", "limit", "limit.change"),
    Item(gettext_noop("New credential"), "credential-new", "credential", "credential.change"),
    Item(gettext_noop("New unit"), "unit-new", "unit", "unit.change"),
    Item(gettext_noop("Invite"), "member-invite", "member", "member.change"),
    Item(gettext_noop("New service account"), "service-account-new", "service-account", "service_account.change"),
)
