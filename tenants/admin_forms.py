"""Forms of the platform admin."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.domain import TenantStatus
from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.services import check_slug, check_time_zone

if TYPE_CHECKING:
    TenantModelForm = forms.ModelForm[Tenant]
else:
    TenantModelForm = forms.ModelForm  # generic only in the stubs


class TenantAddForm(TenantModelForm):
    """A new tenant and its first owner."""

    owner_email = forms.EmailField(
        label=_("first owner"), max_length=254, help_text=_("Is invited by mail and becomes owner of the tenant.")
    )

    class Meta:
        model = Tenant
        fields = ("slug", "name", "time_zone")

    def clean(self) -> dict[str, Any]:
        """The rules of the service, shown at their fields."""
        data = super().clean() or self.cleaned_data
        for name, check in (("slug", check_slug), ("time_zone", check_time_zone)):
            try:
                check(data.get(name, ""))
            except Invalid as error:
                self.add_error(name, error.errors[name])
        return data


class TenantStatusForm(TenantModelForm):
    """Suspend, reopen or close; the tenant reads the reason in its audit log."""

    status = forms.ChoiceField(label=_("status"), choices=[(status.value, status.value) for status in TenantStatus])
    reason = forms.CharField(label=_("reason"), max_length=300, help_text=_("The tenant reads it in its audit log."))

    class Meta:
        model = Tenant
        fields = ("status",)


class BreakGlassForm(forms.Form):
    """Why staff needs to look into a tenant."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The owners of the tenant read it in their audit log. Access is read-only and ends by itself."),
    )  # fmt: skip
