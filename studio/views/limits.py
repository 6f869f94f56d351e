"""Limits, provider credentials, and the ledger that explains every cent."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from keys import services
from keys.access import access_credential, access_limit
from keys.domain.limits import Meter, Window
from keys.selectors import (
    LedgerFilter,
    credential_list,
    ledger_list,
    limit_list,
    limit_state,
    limits_near,
    virtual_key_list,
)
from routing.selectors.names import names_of
from studio import rows_keys as rows
from studio.forms_gateway import dollars
from studio.forms_keys import CredentialForm, LedgerFilterForm, LimitForm, ReasonForm
from studio.narrowing import chips, narrowed_ids
from studio.paging import page_of
from studio.submit import posted, submitted
from studio.units import unit_choices
from tenants.access import may
from tenants.errors import Conflict
from tenants.web import ConsoleRequest, tenant_view


@require_safe
@tenant_view("limit.read")
def limit_index(request: ConsoleRequest) -> HttpResponse:
    """Every limit with what is used of its present period; `?near=1` those that are nearly used up."""
    zone, now, near = request.tenant.time_zone, timezone.now(), request.GET.get("near") == "1"
    wanted = {state.id for state in limits_near()} if near else None
    found = [one for one in limit_list() if wanted is None or one.id in wanted]
    context = {
        "limits": [rows.limit_line(one, limit_state(one, time_zone=zone, at=now)) for one in found],
        "columns": rows.limit_columns(),
        "near": near,
        "may_change": may("limit.change"),
    }
    return render(request, "studio/limits/list.html", context)


@tenant_view("limit.change")
def limit_new(request: ConsoleRequest) -> HttpResponse:
    """Create a limit; `?covers=virtual_key:<id>` preselects."""
    form = LimitForm(posted(request), covers=_covers(), initial={"covers": request.GET.get("covers", "tenant")})
    limit = submitted(request, form, lambda data: _create(form, data))
    if limit is None:
        return render(request, "studio/limits/form.html", {"form": form, "limit": None})
    messages.success(request, _("%(name)s counts from now on.") % {"name": limit.name})
    return redirect("limit-list", request.tenant.slug)


@tenant_view("limit.change")
def limit_edit(request: ConsoleRequest, limit_id: UUID) -> HttpResponse:
    """Change name, amount or hardness; raising needs a reason."""
    limit = access_limit(limit_id)
    meter = Meter(limit.meter)
    amount = dollars(limit.amount) if meter is Meter.COST else str(limit.amount)
    initial = {"name": limit.name, "amount": amount, "hard": limit.hard}
    form = LimitForm(posted(request), covers=[], meter=meter, initial=initial)
    changed = submitted(
        request,
        form,
        lambda data: services.limit_change(
            limit.id, name=data["name"], amount=form.amount_units(), hard=data["hard"], reason=data["reason"]
        ),
    )
    if changed is None:
        return render(request, "studio/limits/form.html", {"form": form, "limit": limit})
    messages.success(request, _("Saved. It counts for the next call."))
    return redirect("limit-list", request.tenant.slug)


@tenant_view("limit.change")
def limit_deactivate(request: ConsoleRequest, limit_id: UUID) -> HttpResponse:
    """Switch a limit off, with a reason."""
    limit = access_limit(limit_id)
    form = ReasonForm(posted(request))
    changed = submitted(request, form, lambda data: services.limit_deactivate(limit.id, reason=data["reason"]))
    if changed is None:
        return render(request, "studio/limits/deactivate.html", {"form": form, "limit": limit})
    messages.success(request, _("%(name)s no longer counts.") % {"name": limit.name})
    return redirect("limit-list", request.tenant.slug)


@require_safe
@tenant_view("credential.read")
def credential_index(request: ConsoleRequest) -> HttpResponse:
    """Provider credentials; their secrets stay sealed."""
    lines = [
        {"credential": one, "kind": rows.credential_kind(one), "dialog": f"delete-{one.id}"}
        for one in credential_list()
    ]
    context = {"credentials": lines, "columns": rows.credential_columns(), "may_change": may("credential.change")}
    return render(request, "studio/credentials/list.html", context)


@tenant_view("credential.change")
def credential_new(request: ConsoleRequest) -> HttpResponse:
    """Store a secret."""
    form = CredentialForm(posted(request))
    credential = submitted(request, form, lambda data: services.credential_create(**data))
    if credential is None:
        return render(request, "studio/credentials/form.html", {"form": form, "credential": None})
    messages.success(request, _("%(name)s is sealed. Providers can use it now.") % {"name": credential.name})
    return redirect("credential-list", request.tenant.slug)


@tenant_view("credential.change")
def credential_rotate(request: ConsoleRequest, credential_id: UUID) -> HttpResponse:
    """Replace a secret."""
    credential = access_credential(credential_id)
    form = CredentialForm(posted(request), rotating=True)
    changed = submitted(request, form, lambda data: services.credential_rotate(credential.id, secret=data["secret"]))
    if changed is None:
        return render(request, "studio/credentials/form.html", {"form": form, "credential": credential})
    messages.success(request, _("Replaced. Calls that begin from now on use it."))
    return redirect("credential-list", request.tenant.slug)


@require_POST
@tenant_view("credential.change")
def credential_delete(request: ConsoleRequest, credential_id: UUID) -> HttpResponse:
    """Forget a credential that nothing uses."""
    try:
        services.credential_delete(credential_id)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Deleted."))
    return redirect("credential-list", request.tenant.slug)


@require_safe
@tenant_view("ledger.read")
def ledger_index(request: ConsoleRequest) -> HttpResponse:
    """Ledger entries, newest first, filtered by the address."""
    form = LedgerFilterForm(request.GET or None)
    ids = narrowed_ids(request, "virtual_key_id", "unit_id")
    wanted = _ledger_filter(form.cleaned_data if form.is_valid() else {}, ids, request)
    page = page_of(request, ledger_list(wanted))
    keys = names_of("key", {entry.virtual_key_id for entry in page.rows})
    units = names_of("unit", {entry.unit_id for entry in page.rows})
    lines = [
        {"entry": entry, "key": keys.label(entry.virtual_key_id), "unit": units.label(entry.unit_id)}
        for entry in page.rows
    ]
    found = chips(request, request.tenant.slug, ids)
    context = {"form": form, "page": page, "lines": lines, "columns": rows.ledger_columns(), "chips": found}
    return render(request, "studio/ledger.html", context)


def _create(form: LimitForm, data: dict[str, Any]) -> Any:
    return services.limit_create(
        name=data["name"],
        meter=Meter(data["meter"]),
        window=Window(data["window"]),
        amount=form.amount_units(),
        hard=data["hard"],
        **form.scope(),
    )


def _covers() -> list[tuple[str, str]]:
    units = [(f"unit:{id_}", name) for id_, name in unit_choices()]
    active = virtual_key_list(status="active")[:500]
    keys = [(f"virtual_key:{key.id}", f"{key.name} ({key.unit.name})") for key in active]
    return [*units, *keys]


def _ledger_filter(data: dict[str, Any], ids: dict[str, UUID | None], request: ConsoleRequest) -> LedgerFilter:
    zone = ZoneInfo(request.tenant.time_zone)
    since, last = data.get("since"), data.get("until")
    return LedgerFilter(
        kind=data.get("kind", ""),
        since=datetime.combine(since, time(), zone) if since else None,
        until=datetime.combine(last + timedelta(days=1), time(), zone) if last else None,
        virtual_key_id=ids["virtual_key_id"],
        unit_id=ids["unit_id"],
    )
