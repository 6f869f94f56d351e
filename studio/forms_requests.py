"""Filter of the request explorer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from studio.forms import ConsoleForm
from studio.labels import status_label


class RequestFilterForm(ConsoleForm):
    """What to show of the requests."""

    text = forms.CharField(label=_("Request id"), required=False, max_length=40)
    status = forms.ChoiceField(label=_("State"), required=False)
    model = forms.CharField(label=_("Model served"), required=False, max_length=200)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, statuses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["status"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("All")), *((status, status_label(status)) for status in statuses)]
