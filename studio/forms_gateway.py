"""Forms of the gateway pages: providers, deployments, routes. They parse to the frozen values the services take."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from routing.domain.control import DeploymentConfig, ModelTraits, ProviderConfig
from routing.domain.providers import KINDS
from routing.domain.types import Price
from studio.forms import ConsoleForm

Choices = list[tuple[str, str]]
NANO = Decimal(1_000_000_000)
PRICES = ("input", "cached_input", "cache_write", "output", "reasoning")


def choose(form: forms.Form, name: str, choices: Choices, *, empty: str | None = None) -> None:
    """Fill in the choices of a field that depends on the tenant."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [("", empty), *choices] if empty is not None else choices


class ProviderForm(ConsoleForm):
    """A provider: where models are served."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=[(kind.slug, kind.title) for kind in KINDS.values()])
    base_url = forms.CharField(
        label=gettext_lazy("Base URL"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Leave empty for the public address of OpenAI or Anthropic."),
    )
    api_version = forms.CharField(
        label=gettext_lazy("API version"), required=False, max_length=40, help_text=gettext_lazy("Azure OpenAI only.")
    )
    credential = forms.ChoiceField(label=gettext_lazy("Credential"), required=False)
    region = forms.CharField(label=gettext_lazy("Region"), required=False, max_length=60)
    residency = forms.CharField(
        label=gettext_lazy("Data residency"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Where data stays, for example eu. Routes may demand it."),
    )

    def __init__(self, *args: Any, credentials: Choices, fixed_kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "credential", credentials, empty=_("None"))
        self._fixed_kind = fixed_kind
        if fixed_kind:
            del self.fields["kind"]

    def config(self) -> ProviderConfig:
        """The provider as wanted."""
        data = self.cleaned_data
        return ProviderConfig(
            name=data["name"],
            kind=self._fixed_kind or data["kind"],
            base_url=data["base_url"].strip(),
            api_version=data["api_version"],
            credential_id=UUID(data["credential"]) if data["credential"] else None,
            region=data["region"],
            residency=data["residency"],
        )


def _usd(label: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=False, min_value=0, max_digits=16, decimal_places=9)


def _trait(label: Any) -> forms.TypedChoiceField:
    choices = [("", gettext_lazy("as the catalogue says")), ("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))]
    return forms.TypedChoiceField(
        label=label, choices=choices, required=False, coerce=lambda value: value == "yes", empty_value=None
    )


class DeploymentForm(ConsoleForm):
    """A model at a provider. Prices are US dollars for a million tokens; empty ones come from the catalogue."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    provider = forms.ChoiceField(label=gettext_lazy("Provider"))
    model = forms.CharField(
        label=gettext_lazy("Model"), max_length=200, help_text=gettext_lazy("The name the provider knows it by.")
    )
    enabled = forms.BooleanField(label=gettext_lazy("Routes may use it"), required=False, initial=True)
    quality = forms.FloatField(
        label=gettext_lazy("Quality"),
        min_value=0,
        max_value=1,
        initial=0.5,
        help_text=gettext_lazy("Your judgement from 0 to 1; the balanced strategy weighs it."),
    )
    price_input = _usd(gettext_lazy("Input"))
    price_output = _usd(gettext_lazy("Output"))
    price_cached_input = _usd(gettext_lazy("Cached input"))
    price_cache_write = _usd(gettext_lazy("Cache write"))
    price_reasoning = _usd(gettext_lazy("Reasoning"))
    context_window = forms.IntegerField(label=gettext_lazy("Context window, tokens"), required=False, min_value=1)
    max_output_tokens = forms.IntegerField(label=gettext_lazy("Most output tokens"), required=False, min_value=1)
    supports_streaming = _trait(gettext_lazy("Streaming"))
    supports_tools = _trait(gettext_lazy("Tools"))
    supports_json = _trait(gettext_lazy("JSON mode"))
    supports_vision = _trait(gettext_lazy("Images"))

    def __init__(self, *args: Any, providers: Choices, fixed: tuple[UUID, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fixed = fixed
        if fixed:
            del self.fields["provider"], self.fields["model"]
        else:
            choose(self, "provider", providers)

    def identity(self) -> list[forms.BoundField]:
        """What it is and whether it is offered."""
        return [self[name] for name in ("name", "provider", "model", "enabled", "quality") if name in self.fields]

    def prices(self) -> list[forms.BoundField]:
        """What it costs."""
        return [self[f"price_{name}"] for name in PRICES]

    def abilities(self) -> list[forms.BoundField]:
        """What it can do."""
        return [self[name] for name in ModelTraits.__dataclass_fields__]

    def field_of(self, name: str) -> str:
        """Prices come back as `price.input`."""
        return super().field_of(name.replace(".", "_"))

    def config(self) -> DeploymentConfig:
        """The deployment as wanted."""
        data = self.cleaned_data
        provider_id, model = self._fixed or (UUID(data["provider"]), data["model"])
        traits = {name: data[name] for name in ModelTraits.__dataclass_fields__}
        prices = {name: _nano(data[f"price_{name}"]) for name in PRICES}
        given = any(value is not None for value in prices.values())
        return DeploymentConfig(
            name=data["name"],
            provider_id=provider_id,
            model=model,
            traits=ModelTraits(**traits),
            price=Price(**prices) if given else None,
            quality=data["quality"],
            enabled=data["enabled"],
        )


def _nano(dollars: Decimal | None) -> int | None:
    return None if dollars is None else int(dollars * NANO)


def dollars(nano: int | None) -> str:
    """A price as the form shows it."""
    return "" if nano is None else f"{(Decimal(nano) / NANO).normalize():f}"
