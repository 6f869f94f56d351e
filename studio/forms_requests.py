"""Filter of the request explorer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from studio.forms import ConsoleForm, DayField
from studio.labels import status_label


class RequestFilterForm(ConsoleForm):
    """What to show of the requests."""

    text = forms.CharField(label=_("Request id"), required=False, max_length=40)
    status = forms.ChoiceField(label=_("State"), required=False)
    model = forms.CharField(label=_("Model served"), required=False, max_length=200)
    since = DayField(label=_("From"))
    until = DayField(label=_("To"))
    # what the page is narrowed to stays when the filter is sent again
    route_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    deployment_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    virtual_key_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    unit_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    run_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, statuses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["status"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("All")), *((status, status_label(status)) for status in statuses)]
