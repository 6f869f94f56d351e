"""The first page: where to go, and what needs attention now."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from studio import rows
from tenants.access import may
from tenants.identity import tenants_of
from tenants.selectors import AuditFilter, audit_list
from tenants.web import ConsoleRequest, tenant_view


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Signed out: the door. Signed in: the only tenant, or a choice of them."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    tenants = tenants_of(request.user)  # type: ignore[arg-type]  # AUTH_USER_MODEL
    if len(tenants) == 1:
        return redirect("home", tenants[0].slug)
    return render(request, "studio/choose_tenant.html", {"tenants": tenants})


@require_safe
@tenant_view("home.read")
def home(request: ConsoleRequest) -> HttpResponse:
    """What needs me now."""
    recent = rows.timeline(audit_list(AuditFilter())[:8]) if may("audit.read") else []
    return render(request, "studio/home.html", {"recent": recent})
