"""Forms of the first steps: each asks for as little as will do; the rest is changed later where it belongs."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from routing.domain.providers import KINDS
from routing.services.first_route import FirstRoute
from studio.forms import ConsoleForm, SettingsForm
from studio.forms_gateway import Choices, choose
from studio.forms_keys import KeyForm

ROUTE = "assistant"


class CompanyForm(SettingsForm):
    """The tenant, and the first unit that pays."""

    unit = forms.CharField(
        label=_("First unit"),
        max_length=120,
        help_text=_("A department, customer or project. Keys belong to a unit, and budgets follow it."),
    )

    def __init__(self, *args: Any, has_units: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_units:
            del self.fields["unit"]


class SandboxForm(ConsoleForm):
    """Nothing to ask: the sandbox is there. Errors of the services show on top."""


class ModelForm(ConsoleForm):
    """One model of one provider, under a name."""

    service_names = {"candidates": "model"}

    kind = forms.ChoiceField(label=_("Provider"), choices=[(kind.slug, kind.title) for kind in KINDS.values()])
    secret = forms.CharField(
        label=_("Secret"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("The key the provider gave you. It is sealed, and nobody can read it again."),
    )
    base_url = forms.CharField(
        label=_("Base URL"),
        required=False,
        max_length=300,
        help_text=_("Leave empty for the public address of OpenAI or Anthropic."),
    )
    model = forms.CharField(
        label=_("Model"), max_length=200, help_text=_("The name the provider knows it by."),
    )  # fmt: skip
    route = forms.CharField(
        label=_("Applications ask for"),
        max_length=120,
        initial=ROUTE,
        help_text=_("The name of the route. What stands behind it can change without them noticing."),
    )

    def __init__(self, *args: Any, may_seal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_seal:
            del self.fields["secret"]

    def field_of(self, name: str) -> str:
        """The route is called `name` by its service, and so is the provider, which has no field here."""
        return "route" if name == "name" else super().field_of(name)

    def wanted(self) -> FirstRoute:
        """What is to be wired."""
        data = self.cleaned_data
        return FirstRoute(
            name=KINDS[data["kind"]].title,
            kind=data["kind"],
            models=(data["model"].strip(),),
            route=data["route"].strip(),
            base_url=data["base_url"].strip(),
            secret=data.get("secret", ""),
        )


class FirstKeyForm(KeyForm):
    """A key of a unit with a monthly budget."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["budget"].required = True
        for name in ("allowed_models", "expires_on", "quota"):
            del self.fields[name]


class CallForm(ConsoleForm):
    """One prompt to one route, charged to a unit."""

    prompt = forms.CharField(
        label=_("Prompt"), widget=forms.Textarea(attrs={"rows": 3}), max_length=20_000,
        initial=_("Say hello to the branch manager."),
    )  # fmt: skip
    route = forms.ChoiceField(label=_("Route"))
    unit = forms.ChoiceField(label=_("Charged to"))

    def __init__(self, *args: Any, routes: Choices, units: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "route", routes)
        choose(self, "unit", units)


class WorkflowForm(ConsoleForm):
    """Which route the small workflow asks, and who pays."""

    route = forms.ChoiceField(label=_("Model of the workflow"))
    unit = forms.ChoiceField(label=_("Model calls are charged to"))

    def __init__(self, *args: Any, routes: Choices, units: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "route", routes)
        choose(self, "unit", units)
