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
STRATEGY_LABELS = {
    "ordered": _("In order: the first that can"),
    "cheapest": _("Lowest cost"),
    "fastest": _("Lowest latency"),
    "difficulty": _("By difficulty: easy prompts to the cheap model"),
    "balanced": _("Balanced by weights"),
}
STRATEGY_NAMES = {
    "ordered": _("In order"),
    "cheapest": _("Lowest cost"),
    "fastest": _("Lowest latency"),
    "difficulty": _("By difficulty"),
    "balanced": _("Balanced"),
}
PATTERN_NAMES = {
    "orchestrator": _("Orchestrator"),
    "model-router": _("Model Router"),
    "adapter": _("Adapter"),
    "saga": _("Saga"),
    "choreography": _("Choreography"),
}
PATTERN_SENTENCES = {
    "orchestrator": _("One definition asks AI and core systems in a fixed order and handles every failure."),
    "model-router": _("Applications ask for one name; behind it the best model answers, with fallback."),
    "adapter": _("AI reaches a core system through an operation that translates both ways."),
    "saga": _("Steps in several systems, each with what undoes it when a later one fails."),
    "choreography": _("Participants hear each other's events; there is no centre."),
}
PLATFORM_LABELS = {
    "cloudflare": _("Cloudflare"),
    "azure": _("Azure"),
    "aws": _("AWS"),
    "gcp": _("Google Cloud"),
    "onprem": _("On-premise"),
}
TIER_LABELS = {"any": _("any prompt"), "easy": _("easy prompts"), "hard": _("hard prompts")}
METER_LABELS = {"cost": _("Cost in US$"), "requests": _("Requests")}
WINDOW_LABELS = {"minute": _("minute"), "day": _("day"), "month": _("month")}
SCOPE_LABELS = {"virtual_key": _("Key"), "unit": _("Unit"), "tenant": _("Tenant")}
OVERLAP_LABELS = {
    0: _("not at all: it stops now"),
    1: _("one more hour"),
    24: _("one more day"),
    168: _("one more week"),
}


def role_names(roles: list[str]) -> str:
    """Roles as one line of words."""
    return ", ".join(str(ROLE_NAMES[Role(role)]) for role in roles)
