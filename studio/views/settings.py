"""Settings of the tenant, and what each role may do."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from studio import first_steps
from studio.forms import SettingsForm
from studio.presenters import Column
from studio.submit import posted, submitted
from studio.terms import ROLE_NAMES
from tenants import services
from tenants.access import may, require
from tenants.domain import ACTIONS, Role
from tenants.web import ConsoleRequest, tenant_view


@tenant_view("settings.read")
def settings_page(request: ConsoleRequest) -> HttpResponse:
    """Name and zone, for those who may change them; the table of permissions for everybody."""
    tenant = request.tenant
    may_change = may("settings.change")
    form = SettingsForm(posted(request), initial={"name": tenant.name, "time_zone": tenant.time_zone})
    if request.method == "POST":
        require("settings.change")
    changed = submitted(request, form, lambda data: services.tenant_change(request.tenant_scope, **data))
    if changed is not None:
        messages.success(request, _("Saved."))
        return redirect("settings", tenant.slug)
    context = {
        "form": form,
        "may_change": may_change,
        "may_begin": may(first_steps.ACTION),
        "columns": [Column(_("Action")), *(Column(str(ROLE_NAMES[role])) for role in Role)],
        "matrix": [(action, [role in roles for role in Role]) for action, roles in ACTIONS.items()],
    }
    return render(request, "studio/settings.html", context)
