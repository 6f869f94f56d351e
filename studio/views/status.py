"""Status: is it us? The public page answers without database or session."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from studio import rows
from tenants import health
from tenants.web import ConsoleRequest, tenant_view


@require_safe
@tenant_view("status.read", tx=False)
def status(request: ConsoleRequest) -> HttpResponse:
    """The parts, inside the console."""
    answers = health.report()
    context = {"answers": answers, "state": health.worst(answers), "columns": rows.health_columns()}
    return render(request, "studio/status.html", context)


@never_cache
@require_safe
def public_status(request: HttpRequest) -> HttpResponse:
    """The parts, for anyone on the network; 503 while one that everything needs is down."""
    answers = health.report()
    state = health.worst(answers)
    needed = {answer.name: answer.state for answer in answers}
    code = 503 if needed.get("database") == "down" else 200
    return render(request, "studio/public_status.html", {"answers": answers, "state": state}, status=code)
