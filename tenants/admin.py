"""The Django admin, for platform staff: tenants and accounts. It reads no tenant data; every change is audited."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from tenants.models import PlatformAuditEntry, Tenant, User

admin.site.unregister(Group)

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin  # generic only in the stubs


class AuditedAdmin(ModelAdmin):
    """Writes every change of staff to the platform audit in the same transaction."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save and record the changed fields (names only for secrets)."""
        super().save_model(request, obj, form, change)
        self._record(request, "change" if change else "create", obj, {"fields": sorted(form.changed_data)})

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete and record."""
        self._record(request, "delete", obj, {})
        super().delete_model(request, obj)

    def _record(self, request: HttpRequest, verb: str, obj: Any, changes: dict[str, Any]) -> None:
        PlatformAuditEntry.objects.create(
            actor_label=str(request.user),
            action=f"{obj._meta.model_name}.{verb}",
            object_label=str(obj)[:254],
            changes=changes,
        )


@admin.register(PlatformAuditEntry)
class PlatformAuditAdmin(ModelAdmin):
    """Read-only list of what staff did."""

    list_display = ("at", "actor_label", "action", "object_label")
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes here by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes it."""
        return False


@admin.register(User)
class UserAdmin(AuditedAdmin):
    """People: switch accounts on and off and give the staff role. Passwords are set by their owners only."""

    list_display = ("email", "name", "is_active", "is_staff", "date_joined")
    search_fields = ("email", "name")
    fields = ("email", "name", "is_active", "is_staff")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People are switched off, never deleted: audit refers to them."""
        return False


@admin.register(Tenant)
class TenantAdmin(AuditedAdmin):
    """Tenants: create with the first owner's invitation, suspend, close."""

    list_display = ("slug", "name", "status", "cell_id", "created_at")
    fields = ("slug", "name", "time_zone", "cell_id", "status")
    search_fields = ("slug", "name")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tenants are closed, never deleted by hand."""
        return False
