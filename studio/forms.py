"""Forms of the console. Each only parses; rules and writes belong to services, whose errors come back per field."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from studio.audit_words import said
from studio.terms import ROLE_LABELS, UNIT_KIND_LABELS
from tenants.domain import Role, UnitKind
from tenants.errors import Conflict, Invalid
from tenants.services import time_zones


class ConsoleForm(forms.Form):
    """A form that takes the errors of a service. `service_names`: what a service calls a field, and its name here."""

    service_names: ClassVar[Mapping[str, str]] = {}

    def take(self, error: Invalid | Conflict) -> None:
        """Show the errors of a service beside their fields; unknown fields and conflicts go on top."""
        if isinstance(error, Conflict) or not error.errors:
            self.add_error(None, error.message)
            return
        for name, texts in error.errors.items():
            field = self.field_of(name)
            for text in texts:
                self.add_error(field if field in self.fields else None, text)

    def field_of(self, name: str) -> str:
        """The field here that a service calls `name`."""
        return self.service_names.get(name) or name.removesuffix("_id")


class DayField(forms.DateField):
    """A day of the calendar, in years that a database and every zone can count."""

    widget = forms.DateInput(attrs={"type": "date", "min": "2000-01-01", "max": "2199-12-31"}, format="%Y-%m-%d")

    def __init__(self, **kwargs: Any) -> None:
        validators = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31))]
        super().__init__(required=False, input_formats=["%Y-%m-%d"], validators=validators, **kwargs)


class UnitForm(ConsoleForm):
    """A unit; the parent is chosen once."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, UNIT_KIND_LABELS[kind]) for kind in UnitKind])
    parent = forms.ChoiceField(label=_("Parent unit"), required=False)

    def __init__(self, *args: Any, parents: list[tuple[str, str]], fixed_parent: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if fixed_parent:
            del self.fields["parent"]
            return
        field = self.fields["parent"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("None: a unit at the top")), *parents]
        field.help_text = _("Limits of a unit also cover what is below it. Its place in the tree cannot change later.")


class RolesField(forms.MultipleChoiceField):
    """Roles as check boxes; gives a list of Role."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        choices = [(role.value, ROLE_LABELS[role]) for role in Role]
        super().__init__(label=_("Roles"), choices=choices, **kwargs)

    def clean(self, value: Any) -> list[Role]:
        """Return roles, not text."""
        return [Role(name) for name in super().clean(value)]


class InviteForm(ConsoleForm):
    """An invitation by mail."""

    email = forms.EmailField(label=_("E-mail address"))
    roles = RolesField()


class MemberForm(ConsoleForm):
    """Roles of a member."""

    roles = RolesField()
    active = forms.BooleanField(label=_("May sign in to this tenant"), required=False)


class ServiceAccountForm(ConsoleForm):
    """A service account."""

    name = forms.CharField(label=_("Name"), max_length=120)
    roles = RolesField()
    active = forms.BooleanField(label=_("May use the API"), required=False, initial=True)


class TokenForm(ConsoleForm):
    """How long a new token lives."""

    days = forms.TypedChoiceField(
        label=_("Expires"),
        choices=[("30", _("in 30 days")), ("90", _("in 90 days")), ("365", _("in a year")), ("", _("never"))],
        coerce=int,
        empty_value=None,
        required=False,
        initial="90",
    )


class SettingsForm(ConsoleForm):
    """Name and reporting time zone of the tenant."""

    name = forms.CharField(label=_("Name"), max_length=120)
    time_zone = forms.ChoiceField(
        label=_("Reporting time zone"),
        help_text=_("Days and months of usage and budgets follow this zone."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, name) for name in time_zones()]


class AuditFilterForm(ConsoleForm):
    """What to show of the audit log."""

    actor = forms.CharField(label=_("Who"), required=False)
    action = forms.ChoiceField(label=_("Action"), required=False)
    since = DayField(label=_("From"))
    until = DayField(label=_("To"))

    def __init__(self, *args: Any, actions: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["action"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", _("All actions")),
            *sorted(((name, said(name)) for name in actions), key=lambda choice: choice[1]),
        ]


class AcceptForm(ConsoleForm):
    """Account of an invited person who has none yet."""

    name = forms.CharField(label=_("Your name"), max_length=150)
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters."),
    )
