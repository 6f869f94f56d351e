"""The door of every console page: sign-in, membership, permission, unit of work."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tenants.access import require
from tenants.errors import OrchestrationError
from tenants.identity import Origin, scope_of_member
from tenants.models import Tenant, User
from tenants.scope import Scope, tenant_tx, use_scope

P = ParamSpec("P")
PAGES = frozenset({400, 403, 404, 429, 503})


class ConsoleRequest(HttpRequest):
    """A request that has passed the door."""

    user: User
    origin: Origin
    tenant: Tenant
    tenant_scope: Scope
    csp_nonce: str


ConsoleView = Callable[Concatenate[ConsoleRequest, P], HttpResponse]


def tenant_view(
    action: str, *, tx: bool = True
) -> Callable[[ConsoleView[P]], Callable[Concatenate[HttpRequest, str, P], HttpResponse]]:
    """Guard a page under `/t/<slug>/`: signed in, member, allowed `action`.

    With `tx` the whole view, rendering included, runs in one `tenant_tx`. A view that talks to the network takes
    `tx=False` and opens its own short ones. A view that answers with an error status rolls back by raising.
    """

    def decorate(view: ConsoleView[P]) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            console = _enter(request, slug)
            unit_of_work = tenant_tx if tx else use_scope
            with timezone.override(ZoneInfo(console.tenant.time_zone)), unit_of_work(console.tenant_scope):
                require(action)
                return view(console, *args, **kwargs)

        guarded.action = action  # type: ignore[attr-defined]  # read by navigation and tests
        return guarded  # type: ignore[return-value]  # the stubs see named arguments where we promise positional ones

    return decorate


def _enter(request: HttpRequest, slug: str) -> ConsoleRequest:
    tenant, scope = scope_of_member(request.user, slug, request.origin)  # type: ignore[arg-type, attr-defined]  # AUTH_USER_MODEL; middleware
    request.tenant, request.tenant_scope = tenant, scope  # type: ignore[attr-defined]  # makes it a ConsoleRequest
    return request  # type: ignore[return-value]  # same object, richer type


class ErrorPageMiddleware:
    """Turns our errors into pages (and lets everything else pass)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Render the error page of one of ours; a fault of ours (5xx without a verdict) takes Django's way."""
        if not isinstance(error, OrchestrationError) or error.status == 500:
            return None
        context = {"status": error.status, "code": error.code, "message": error.message, "error": error}
        page = error.status if error.status in PAGES else 400
        response = render(request, f"errors/{page}.html", context, status=error.status)
        if wait := error.data.get("retry_after_seconds"):
            response["Retry-After"] = str(wait)
        return response
