"""Service accounts and their API tokens."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from studio import rows
from studio.forms import ServiceAccountForm, TokenForm
from studio.submit import posted, submitted
from tenants import services
from tenants.access import access_service_account, may
from tenants.selectors import api_token_list, service_account_list
from tenants.web import ConsoleRequest, tenant_view


@require_safe
@tenant_view("service_account.read")
def service_account_index(request: ConsoleRequest) -> HttpResponse:
    """All service accounts."""
    context = {
        "accounts": [rows.account_line(account) for account in service_account_list()],
        "columns": rows.account_columns(),
        "may_change": may("service_account.change"),
    }
    return render(request, "studio/service_accounts/list.html", context)


@require_safe
@tenant_view("service_account.read")
def service_account_show(request: ConsoleRequest, account_id: UUID) -> HttpResponse:
    """One service account with its tokens."""
    account = access_service_account(account_id)
    context = {
        "account": rows.account_line(account),
        "tokens": [rows.token_line(token, now()) for token in api_token_list(account)],
        "columns": rows.token_columns(),
        "token_form": TokenForm(),
        "may_change": may("service_account.change"),
    }
    return render(request, "studio/service_accounts/show.html", context)


@tenant_view("service_account.change")
def service_account_new(request: ConsoleRequest) -> HttpResponse:
    """Create a service account."""
    form = ServiceAccountForm(posted(request))
    account = submitted(
        request, form, lambda data: services.service_account_create(name=data["name"], roles=data["roles"])
    )
    if account is None:
        return render(request, "studio/service_accounts/form.html", {"form": form, "account": None})
    messages.success(request, _("Now issue its first token."))
    return redirect("service-account-show", request.tenant.slug, account.id)


@tenant_view("service_account.change")
def service_account_edit(request: ConsoleRequest, account_id: UUID) -> HttpResponse:
    """Change name, roles or whether it may use the API."""
    account = access_service_account(account_id)
    initial = {"name": account.name, "roles": account.roles, "active": account.active}
    form = ServiceAccountForm(posted(request), initial=initial)
    changed = submitted(request, form, lambda data: services.service_account_change(account.id, **data))
    if changed is None:
        return render(request, "studio/service_accounts/form.html", {"form": form, "account": account})
    messages.success(request, _("Saved. It takes effect with its next request."))
    return redirect("service-account-show", request.tenant.slug, account.id)


@never_cache
@require_POST
@tenant_view("service_account.change")
def token_issue(request: ConsoleRequest, account_id: UUID) -> HttpResponse:
    """Issue a token and show it once."""
    form = TokenForm(request.POST)
    issued = submitted(request, form, lambda data: services.api_token_issue(account_id, days=data["days"]))
    if issued is None:
        messages.error(request, _("Choose when the token expires."))
        return redirect("service-account-show", request.tenant.slug, account_id)
    token, secret = issued
    snippet = f'curl -H "Authorization: Bearer {secret.secret}" {request.build_absolute_uri("/api/v1/me")}'
    context = {"account": token.service_account, "secret": secret.secret, "snippet": snippet}
    return render(request, "studio/service_accounts/token.html", context)


@require_POST
@tenant_view("service_account.change")
def token_revoke(request: ConsoleRequest, token_id: UUID) -> HttpResponse:
    """Revoke a token."""
    token = services.api_token_revoke(token_id)
    messages.success(request, _("The token ending in %(last4)s no longer works.") % {"last4": token.last4})
    return redirect("service-account-show", request.tenant.slug, token.service_account_id)
