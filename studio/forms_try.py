"""The box that tries a route."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from studio.forms import ConsoleForm
from studio.forms_gateway import Choices, choose


class TryForm(ConsoleForm):
    """One prompt, charged to a unit."""

    prompt = forms.CharField(
        label=_("Prompt"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=20_000,
        initial=_("Say hello to the branch manager."),
    )
    unit = forms.ChoiceField(label=_("Charged to"))
    max_output_tokens = forms.IntegerField(label=_("Most output tokens"), min_value=1, max_value=4096, initial=200)

    def __init__(self, *args: Any, units: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "unit", units)
