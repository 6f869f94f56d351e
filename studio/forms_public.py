"""The form for an architecture review on the public page, with what keeps machines out and puzzles nobody."""

from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from studio.forms import ConsoleForm

SALT = "review-request"
LEAST_SECONDS, MOST_SECONDS = 3, 12 * 3600


def stamp() -> str:
    """When the form was shown, signed."""
    return signing.dumps(0, salt=SALT)


class ReviewForm(ConsoleForm):
    """A request for a review. `website` is hidden from people; `shown` says how long the form was looked at."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label=_("Work email"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    company = forms.CharField(
        label=_("Company"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    core = forms.CharField(
        label=_("Core systems"), max_length=300, required=False, help_text=_("For example ERP, CRM, core banking.")
    )
    message = forms.CharField(
        label=_("What should AI do there?"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)

    @property
    def is_trapped(self) -> bool:
        """Whether a machine filled in what no person sees."""
        return bool(self.data.get("website"))

    def clean(self) -> dict[str, Any]:
        """Refuse what was sent faster than anybody can write, or from a form of yesterday."""
        data: dict[str, Any] = super().clean() or {}
        if not self._was_looked_at(data.get("shown") or ""):
            self.data = {**self.data, "shown": stamp()}
            raise forms.ValidationError(_("This form was open for too short or too long. Send it again in a moment."))
        return data

    def _was_looked_at(self, shown: str) -> bool:
        try:
            signing.loads(shown, salt=SALT, max_age=MOST_SECONDS)
        except signing.BadSignature:
            return False
        try:
            signing.loads(shown, salt=SALT, max_age=LEAST_SECONDS)
        except signing.SignatureExpired:
            return True
        return False
