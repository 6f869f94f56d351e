"""The Django admin, for platform staff: tenants and accounts. It reads no tenant data; every change is audited."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from allauth.account.forms import ResetPasswordForm
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.admin_forms import BreakGlassForm, TenantAddForm, TenantStatusForm
from tenants.domain import TenantStatus
from tenants.errors import Conflict
from tenants.links import invitation_url
from tenants.models import PlatformAuditEntry, PlatformToken, ReviewRequest, Tenant, User
from tenants.scope import Actor, Scope
from tenants.services import (
    break_glass_open,
    platform_audit,
    platform_token_revoke,
    review_request_answered,
    tenant_create,
    tenant_set_status,
)

admin.site.unregister(Group)
admin.site.unregister(EmailAddress)

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin  # generic only in the stubs


def staff_scope(request: HttpRequest, tenant_id: UUID) -> Scope:
    """Scope of the signed-in member of staff for one tenant."""
    origin = request.origin  # type: ignore[attr-defined]  # set by OriginMiddleware
    actor = Actor(kind="staff", id=str(request.user.pk), label=str(request.user))
    return Scope(tenant_id=tenant_id, actor=actor, request_id=origin.request_id, ip=origin.ip)


class StaffAdmin(ModelAdmin):
    """Staff is one role: whoever passes the door may do what is offered. Nothing is ever deleted here."""

    actions: Any = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The door of the site has decided."""
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The door of the site has decided."""
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The door of the site has decided."""
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The door of the site has decided."""
        return True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Audit refers to everything, so it is switched off, never deleted."""
        return False


class ReadOnlyAdmin(StaffAdmin):
    """A list to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes here by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes it."""
        return False


@admin.register(PlatformAuditEntry)
class PlatformAuditAdmin(ReadOnlyAdmin):
    """What staff did."""

    list_display = ("at", "actor_label", "action", "object_label")
    ordering = ("-id",)


@admin.register(PlatformToken)
class PlatformTokenAdmin(ReadOnlyAdmin):
    """Tokens of the platform operator; made by `manage.py platform_token`, revoked here."""

    list_display = ("name", "created_at", "expires_at", "revoked_at")
    exclude = ("digest",)
    actions = ("revoke",)

    @admin.action(description=gettext_lazy("Revoke the selected tokens"), permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        """Revoke; takes effect with the next request."""
        for token in queryset:
            platform_token_revoke(token.id, actor_label=str(request.user))


@admin.register(ReviewRequest)
class ReviewRequestAdmin(ReadOnlyAdmin):
    """Who asked for an architecture review on the public page; answered by mail, and ticked off here."""

    list_display = ("created_at", "company", "name", "email", "language", "answered_at")
    list_filter = (("answered_at", admin.EmptyFieldListFilter),)
    search_fields = ("company", "name", "email")
    ordering = ("-id",)
    exclude = ("digest",)
    actions = ("answered",)

    @admin.action(description=gettext_lazy("Mark the selected requests as answered"), permissions=["view"])
    def answered(self, request: HttpRequest, queryset: Any) -> None:
        """Tick off; the first time counts."""
        for asked in queryset:
            review_request_answered(asked.id, actor_label=str(request.user))


@admin.register(User)
class UserAdmin(StaffAdmin):
    """People: switch accounts on and off and give the staff role. Passwords are set by their owners only."""

    list_display = ("email", "name", "is_active", "is_staff", "date_joined")
    search_fields = ("email", "name")
    fields = ("email", "name", "is_active", "is_staff")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save and record the change; a new person gets a link to set a password."""
        if not change:
            obj.set_unusable_password()
        obj.email = User.objects.normalize_email(obj.email)
        super().save_model(request, obj, form, change)
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        platform_audit(str(request.user), "user.change" if change else "user.create", obj.email, changes)
        if not change:
            _mail_reset_link(request, obj)


@admin.register(Tenant)
class TenantAdmin(StaffAdmin):
    """Tenants: create with the first owner's invitation, suspend, reopen, close, and look inside with a reason."""

    list_display = ("slug", "name", "status", "cell_id", "created_at")
    search_fields = ("slug", "name")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """One form for a new tenant, one for the status of an old one."""
        return super().get_form(request, obj, change, **kwargs, form=TenantStatusForm if obj else TenantAddForm)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Settings belong to the tenant; staff changes the status."""
        if obj is None:
            return ("slug", "name", "time_zone", "owner_email")
        return ("slug", "name", "time_zone", "cell_id", "created_at", "status", "reason", "break_glass")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All but the status of an old tenant."""
        return ("slug", "name", "time_zone", "cell_id", "created_at", "break_glass") if obj else ()

    @admin.display(description=gettext_lazy("look inside"))
    def break_glass(self, tenant: Tenant) -> str:
        """Link to the break-glass form."""
        return format_html('<a href="{}">{}</a>', reverse("admin:break_glass", args=[tenant.id]), _("Open break-glass"))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Without Django's transaction around it: the services bring their own, which is the tenant's."""
        return self._changeform_view(request, *(args or (kwargs.pop("object_id", None), "", None)), **kwargs)  # type: ignore[attr-defined]  # private, and the only way

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        """Create or change the status through the services, which audit and stamp."""
        scope, data = staff_scope(request, obj.id), form.cleaned_data
        if change:
            tenant_set_status(scope, status=TenantStatus(data["status"]), reason=data["reason"])
            return
        wanted = {name: data[name] for name in ("slug", "name", "time_zone", "owner_email")}
        tenant_create(scope, accept_url=invitation_url(), **wanted)

    def get_urls(self) -> Any:
        """Django's, and the break-glass page."""
        view = self.admin_site.admin_view(self.break_glass_view)
        return [path("<uuid:tenant_id>/break-glass/", view, name="break_glass"), *super().get_urls()]

    def break_glass_view(self, request: HttpRequest, tenant_id: UUID) -> HttpResponse:
        """Ask for the reason, open read access for a few hours, and go there."""
        tenant = get_object_or_404(Tenant, pk=tenant_id, status=TenantStatus.ACTIVE)
        form = BreakGlassForm(request.POST or None)
        if form.is_valid() and isinstance(request.user, User):
            try:
                break_glass_open(staff_scope(request, tenant.id), user=request.user, reason=form.cleaned_data["reason"])
            except Conflict as error:
                messages.error(request, error.message)
                return redirect("admin:tenants_tenant_change", tenant.id)
            return redirect("home", slug=tenant.slug)
        context = {**self.admin_site.each_context(request), "title": tenant.name, "form": form, "opts": self.opts}
        return render(request, "admin/tenants/tenant/break_glass.html", context)


def _mail_reset_link(request: HttpRequest, user: User) -> None:
    form = ResetPasswordForm({"email": user.email})
    if form.is_valid():
        form.save(request)
