"""Forms of the governance pages: virtual keys, limits, credentials, ledger filter."""

from datetime import datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keys.domain.ledger import EntryKind
from keys.domain.limits import Meter, Window
from keys.domain.policy import OVERLAP_HOURS
from routing.domain.providers import KINDS
from studio.forms import ConsoleForm, DayField
from studio.forms_gateway import NANO, Choices, choose
from studio.labels import status_label
from studio.terms import METER_LABELS, OVERLAP_LABELS, WINDOW_LABELS

MOST_DOLLARS = 1_000_000_000
MOST_REQUESTS = 1_000_000_000


class KeyForm(ConsoleForm):
    """A virtual key; the unit is chosen once, since limits and ledger follow its path."""

    service_names = {"unit_id": "unit", "expires_at": "expires_on"}

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"))
    allowed_models = forms.MultipleChoiceField(
        label=gettext_lazy("May ask for"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Choose none to allow every route, future ones too."),
    )
    expires_on = DayField(
        label=gettext_lazy("Last day"), help_text=gettext_lazy("Leave empty for a key that works until it is revoked.")
    )
    budget = forms.DecimalField(
        label=gettext_lazy("Budget a month, US$"),
        required=False,
        min_value=0,
        max_value=MOST_DOLLARS,
        max_digits=16,
        decimal_places=6,
        help_text=gettext_lazy("Hard: calls above it are refused before they cost anything."),
    )
    quota = forms.IntegerField(
        label=gettext_lazy("Requests a minute"), required=False, min_value=0, max_value=MOST_REQUESTS
    )

    def __init__(self, *args: Any, units: Choices, routes: list[str], editing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "unit", units)
        field = self.fields["allowed_models"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(name, name) for name in routes]
        if editing:
            del self.fields["unit"], self.fields["budget"], self.fields["quota"]

    def expires_at(self, zone: str) -> datetime | None:
        """The end of the last day in the reporting zone."""
        day = self.cleaned_data.get("expires_on")
        return datetime.combine(day, time.max, ZoneInfo(zone)) if day else None

    def budget_nano(self) -> int | None:
        """The monthly budget in nano-USD."""
        return to_nano(self.cleaned_data["budget"])


class RotateForm(ConsoleForm):
    """How long the present secrets go on working."""

    overlap_hours = forms.TypedChoiceField(
        label=gettext_lazy("The present secret works for"),
        choices=[(hours, OVERLAP_LABELS[hours]) for hours in OVERLAP_HOURS],
        coerce=int,
        initial=24,
    )


class LimitForm(ConsoleForm):
    """A limit of the tenant, of a unit with all below it, or of a key."""

    service_names = {"unit_id": "covers", "virtual_key_id": "covers"}

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    covers = forms.ChoiceField(label=gettext_lazy("Covers"))
    meter = forms.ChoiceField(label=gettext_lazy("Counts"), choices=[(m.value, METER_LABELS[m]) for m in Meter])
    window = forms.ChoiceField(
        label=gettext_lazy("Starts again each"), choices=[(w.value, WINDOW_LABELS[w]) for w in Window], initial="month"
    )
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"),
        min_value=0,
        max_digits=18,
        decimal_places=6,
        help_text=gettext_lazy("US dollars for cost, a whole number for requests."),
    )
    hard = forms.BooleanField(
        label=gettext_lazy("Refuse calls above it"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Otherwise it only shows."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Needed to raise or soften a limit; it is kept in the audit log."),
    )

    def __init__(self, *args: Any, covers: Choices, meter: Meter | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._meter = meter
        if meter is None:
            choose(self, "covers", [("tenant", _("The whole tenant")), *covers])
            del self.fields["reason"]
        else:
            del self.fields["covers"], self.fields["meter"], self.fields["window"]

    def amount_units(self) -> int:
        """Nano-USD for cost, a count for requests."""
        amount: Decimal = self.cleaned_data["amount"]
        meter = self._meter or Meter(self.cleaned_data["meter"])
        return int(amount * NANO) if meter is Meter.COST else int(amount)

    def scope(self) -> dict[str, str]:
        """Which key or unit it covers, as arguments of the service."""
        kind, _sep, id_ = self.cleaned_data["covers"].partition(":")
        return {f"{kind}_id": id_} if id_ else {}


class ReasonForm(ConsoleForm):
    """Why."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


class CredentialForm(ConsoleForm):
    """A provider credential. The secret is written, never shown."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of provider"), choices=[(kind.slug, kind.title) for kind in KINDS.values()]
    )
    secret = forms.CharField(
        label=gettext_lazy("Secret"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Sealed with the key of this tenant. Nobody can read it again, you included."),
    )

    def __init__(self, *args: Any, rotating: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if rotating:
            del self.fields["name"], self.fields["kind"]


class LedgerFilterForm(ConsoleForm):
    """What to show of the ledger."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Entry"),
        required=False,
    )
    since = DayField(label=gettext_lazy("From"))
    until = DayField(label=gettext_lazy("To"))
    virtual_key_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    unit_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "kind", [(kind.value, status_label(kind.value)) for kind in EntryKind], empty=_("All"))


def to_nano(dollars: Decimal | None) -> int | None:
    """US dollars as nano-USD."""
    return None if dollars is None else int(dollars * NANO)
