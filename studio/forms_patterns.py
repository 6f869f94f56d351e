"""The one-screen form of a pattern configuration. Which parts it asks for depends on the pattern."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.forms import ConsoleForm
from studio.forms_documents import JsonField
from studio.forms_gateway import Choices
from studio.terms import PLATFORM_LABELS, STRATEGY_NAMES
from workflows.domain.configurations import (
    MAX_HANDLE,
    MAX_NAME,
    ROLES,
    STRATEGIES,
    ConfigurationConfig,
    NewRoute,
    PatternSlug,
)

ROLE_LABELS = {
    "call": gettext_lazy("Operation"),
    "reserve": gettext_lazy("Reserves with"),
    "undo": gettext_lazy("Undoes with"),
    "book": gettext_lazy("Books with"),
}
Operations = list[tuple[str, Choices]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a tenant has to choose from, and what is chosen at first."""

    units: Choices
    routes: Choices = field(default_factory=list)
    deployments: Choices = field(default_factory=list)
    operations: Operations = field(default_factory=list)
    definitions: Choices = field(default_factory=list)


class PatternForm(ConsoleForm):
    """Name, unit, platform, and the parts: those that are there, or what Start makes them of."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=MAX_NAME)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), help_text=gettext_lazy("Pays for what is asked through it."))
    platform = forms.ChoiceField(
        label=gettext_lazy("Target platform"),
        choices=list(PLATFORM_LABELS.items()),
        help_text=gettext_lazy("Where it is meant to run one day. Here it runs at once."),
    )

    def __init__(self, *args: Any, pattern: PatternSlug, options: Options, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pattern = pattern
        unit = self.fields["unit"]
        assert isinstance(unit, forms.ChoiceField)
        unit.choices = options.units
        self.existing, self.made = _parts(pattern, options)
        self.fields |= self.existing | self.made

    def existing_parts(self) -> list[forms.BoundField]:
        """Parts that are there already."""
        return [self[name] for name in self.existing]

    def made_rows(self) -> list[list[forms.BoundField]]:
        """What Start makes the rest from, two in a row."""
        fields = [self[name] for name in self.made]
        return [fields[place : place + 2] for place in range(0, len(fields), 2)]

    def field_of(self, name: str) -> str:
        """The services name parts by id, operations by their role."""
        known = {
            "connector_id": ROLES[self.pattern][0] if ROLES[self.pattern] else "",
            "definition_ids": "definitions" if "definitions" in self.fields else "definition",
            "new_route.deployment_ids": "deployments",
            "new_route.strategy": "strategy",
        }
        return known.get(name) or super().field_of(name.removeprefix("operations."))

    def clean(self) -> dict[str, Any]:
        """Operations of a saga belong to one connector."""
        data: dict[str, Any] = super().clean() or {}
        chosen = [data.get(role, "").partition(":")[0] for role in ROLES[self.pattern]]
        if len({one for one in chosen if one}) > 1 and not self._definitions(data):
            self.add_error(ROLES[self.pattern][-1], _("Choose operations of one connector."))
        return data

    def config(self, _before: ConfigurationConfig | None = None) -> ConfigurationConfig:
        """The configuration as wanted; everything is on the form."""
        data = self.cleaned_data
        wanted = ConfigurationConfig(
            name=data["name"], pattern=self.pattern, unit_id=UUID(data["unit"]), platform=data["platform"]
        )
        if ids := self._definitions(data):
            return replace(wanted, definition_ids=tuple(UUID(one) for one in ids))
        if self.pattern is PatternSlug.MODEL_ROUTER and not data["route"]:
            made = NewRoute(strategy=data["strategy"], deployment_ids=tuple(UUID(one) for one in data["deployments"]))
            return replace(wanted, new_route=made, handle=data["handle"])
        pairs = {role: data.get(role, "").partition(":") for role in ROLES[self.pattern]}
        connector = next((one for one, _colon, _name in pairs.values() if one), "")
        return replace(
            wanted,
            handle=data.get("handle", ""),
            route_id=UUID(data["route"]) if data.get("route") else None,
            connector_id=UUID(connector) if connector else None,
            operations={role: name for role, (_one, _colon, name) in pairs.items() if name},
        )

    @staticmethod
    def _definitions(data: Mapping[str, Any]) -> list[str]:
        several: list[str] = data.get("definitions") or []
        return several or ([data["definition"]] if data.get("definition") else [])


class NamesForm(ConsoleForm):
    """What a live configuration may change."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=MAX_NAME)
    platform = forms.ChoiceField(label=gettext_lazy("Target platform"), choices=list(PLATFORM_LABELS.items()))

    def config(self, before: ConfigurationConfig) -> ConfigurationConfig:
        """The configuration with these."""
        return replace(before, name=self.cleaned_data["name"], platform=self.cleaned_data["platform"])


class PromptForm(ConsoleForm):
    """One request to the route of a configuration."""

    prompt = forms.CharField(
        label=gettext_lazy("Prompt"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=20_000,
        initial=gettext_lazy("Say hello to the branch manager."),
    )


class EventForm(ConsoleForm):
    """An event that sets a choreography going."""

    type = forms.ChoiceField(label=gettext_lazy("Type"))
    content = JsonField(label=gettext_lazy("Data"), required=False, rows=6)

    def __init__(self, *args: Any, types: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["type"]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = [(one, one) for one in types]


Fields = dict[str, forms.Field]


def _parts(pattern: PatternSlug, options: Options) -> tuple[Fields, Fields]:
    """The fields of parts that are there, and of what Start makes the others of."""
    if pattern is PatternSlug.MODEL_ROUTER:
        existing: Fields = {"route": _choice(_("Route"), options.routes, empty=_("A new route, made by Start"))}
        return existing, {
            "deployments": _several(_("Deployments"), options.deployments),
            "strategy": _choice(_("Strategy"), [(one, str(STRATEGY_NAMES[one])) for one in STRATEGIES]),
            "handle": _handle(_("Name for clients")),
        }
    operations: Fields = {role: _operation(role, options.operations) for role in ROLES[pattern]}
    if pattern is PatternSlug.ADAPTER:
        return operations, {}
    made: Fields = {
        "route": _choice(_("Route for AI"), options.routes, empty="–"),
        **operations,
        "handle": _handle(_("Name of the new definition")),
    }
    if pattern is PatternSlug.CHOREOGRAPHY:
        text = _("Choose none, and Start makes three of the starter.")
        return {"definitions": _several(_("Definitions that events start"), options.definitions, text)}, made
    return {"definition": _choice(_("Definition"), options.definitions, empty=_("A new one, made by Start"))}, made


def _choice(label: str, choices: Choices, *, empty: str | None = None) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices if empty is None else [("", empty), *choices],
        required=empty is None,
    )


def _several(label: str, choices: Choices, help_text: str = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple, help_text=help_text
    )


def _operation(role: str, operations: Operations) -> forms.ChoiceField:
    return forms.ChoiceField(label=ROLE_LABELS[role], choices=[("", "–"), *operations], required=False)


def _handle(label: str) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=MAX_HANDLE, help_text=_("Empty: made of the name above.")
    )
