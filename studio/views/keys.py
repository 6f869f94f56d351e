"""Virtual keys: issue, show once, change, rotate, revoke."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from keys import services
from keys.access import access_virtual_key
from keys.domain.limits import Meter, Window
from keys.selectors import effective_limits, virtual_key_list, virtual_key_secrets
from keys.services import IssuedKey
from routing.selectors.routes import route_list
from studio import rows_keys as rows
from studio.forms_keys import KeyForm, RotateForm
from studio.paging import page_of
from studio.submit import posted, submitted
from studio.units import unit_choices
from tenants.access import may
from tenants.errors import Conflict
from tenants.web import ConsoleRequest, tenant_view


@require_safe
@tenant_view("key.read")
def key_index(request: ConsoleRequest) -> HttpResponse:
    """Keys, newest first; revoked ones on request."""
    every = request.GET.get("all") == "1"
    page = page_of(request, virtual_key_list(status="" if every else "active"))
    now = timezone.now()
    context = {
        "page": page,
        "keys": [rows.key_line(key, now) for key in page.rows],
        "columns": rows.key_columns(),
        "every": every,
        "has_units": bool(unit_choices()),
        "may_change": may("key.change"),
    }
    return render(request, "studio/keys/list.html", context)


@require_safe
@tenant_view("key.read")
def key_show(request: ConsoleRequest, key_id: UUID) -> HttpResponse:
    """One key: its secrets, and every limit on its path with the one that will refuse first."""
    key = access_virtual_key(key_id)
    now = timezone.now()
    limits = effective_limits(key)
    context = {
        "key": rows.key_line(key, now),
        "secrets": [rows.secret_line(secret, now) for secret in virtual_key_secrets(key)],
        "secret_columns": rows.secret_columns(),
        "limits": [rows.state_line(state) for state in limits.states],
        "tightest": limits.tightest,
        "rotate_form": RotateForm(),
        "may_change": may("key.change") and key.status == "active",
        "may_limit": may("limit.change") and key.status == "active",
    }
    return render(request, "studio/keys/show.html", context)


@never_cache
@tenant_view("key.change")
def key_new(request: ConsoleRequest) -> HttpResponse:
    """Issue a key, with a budget and a quota if wanted, and show its secret once."""
    units = unit_choices()
    if not units:
        messages.warning(request, _("A key belongs to a unit. Create one first."))
        return redirect("unit-list", request.tenant.slug)
    form = KeyForm(posted(request), units=units, routes=_routes(), initial={"unit": request.GET.get("unit", "")})
    issued = submitted(request, form, lambda data: issue_key(request, form, data))
    if issued is None:
        return render(request, "studio/keys/form.html", {"form": form, "key": None})
    return _reveal(request, issued)


@tenant_view("key.change")
def key_edit(request: ConsoleRequest, key_id: UUID) -> HttpResponse:
    """Change name, models and expiry."""
    key = access_virtual_key(key_id)
    routes, zone = sorted({*_routes(), *key.allowed_models}), request.tenant.time_zone
    expires_on = timezone.localtime(key.expires_at).date() if key.expires_at else None
    initial = {"name": key.name, "allowed_models": key.allowed_models, "expires_on": expires_on}
    form = KeyForm(posted(request), units=[], routes=routes, editing=True, initial=initial)
    changed = submitted(
        request,
        form,
        lambda data: services.virtual_key_change(
            key.id,
            name=data["name"],
            allowed_models=data["allowed_models"],
            expires_at=form.expires_at(zone) if data["expires_on"] != expires_on else key.expires_at,
        ),
    )
    if changed is None:
        return render(request, "studio/keys/form.html", {"form": form, "key": key})
    messages.success(request, _("Saved. The gateway uses it within a second."))
    return redirect("key-show", request.tenant.slug, key.id)


@never_cache
@require_POST
@tenant_view("key.change")
def key_rotate(request: ConsoleRequest, key_id: UUID) -> HttpResponse:
    """Give a key a new secret and show it once."""
    access_virtual_key(key_id)  # absent before anything is said about the form
    form = RotateForm(request.POST)
    issued = submitted(
        request, form, lambda data: services.virtual_key_rotate(key_id, overlap_hours=data["overlap_hours"])
    )
    if issued is None:
        messages.error(request, " ".join(str(text) for texts in form.errors.values() for text in texts))
        return redirect("key-show", request.tenant.slug, key_id)
    return _reveal(request, issued)


@require_POST
@tenant_view("key.change")
def key_revoke(request: ConsoleRequest, key_id: UUID) -> HttpResponse:
    """Revoke a key for ever."""
    try:
        key = services.virtual_key_revoke(key_id, reason=request.POST.get("reason", ""))
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("key-show", request.tenant.slug, key_id)
    messages.success(request, _("%(name)s is refused everywhere within a second.") % {"name": key.name})
    return redirect("key-show", request.tenant.slug, key.id)


def issue_key(request: ConsoleRequest, form: KeyForm, data: dict[str, Any]) -> IssuedKey:
    """The key and its first limits, all or nothing; what the form does not ask for is left open."""
    issued = services.virtual_key_issue(
        unit_id=data["unit"],
        name=data["name"],
        allowed_models=data.get("allowed_models", []),
        expires_at=form.expires_at(request.tenant.time_zone),
    )
    wanted = [(Meter.COST, Window.MONTH, form.budget_nano()), (Meter.REQUESTS, Window.MINUTE, data.get("quota"))]
    names = {Meter.COST: _("%(name)s, month"), Meter.REQUESTS: _("%(name)s, requests a minute")}
    for meter, window, amount in wanted:
        if amount is not None:
            name = (names[meter] % {"name": data["name"]})[:120]
            services.limit_create(name=name, meter=meter, window=window, amount=amount, virtual_key_id=issued.key.id)
    return issued


def _reveal(request: ConsoleRequest, issued: IssuedKey) -> HttpResponse:
    context = {"key": issued.key, "secret": issued.secret, "snippet": usage_snippet(issued.secret)}
    return render(request, "studio/keys/secret.html", context)


def usage_snippet(secret: str, *, model: str = "assistant") -> str:
    """How an application uses a key."""
    return (
        "from openai import OpenAI\n\n"
        f'client = OpenAI(base_url="{settings.GATEWAY_URL}/v1", api_key="{secret}")\n'
        f'answer = client.chat.completions.create(model="{model}", messages=[{{"role": "user", "content": "Hello"}}])\n'
        "print(answer.choices[0].message.content)"
    )


def _routes() -> list[str]:
    return [route.name for route in route_list()] if may("route.read") else []
