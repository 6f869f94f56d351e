"""The form of a route version: candidates in fallback order, and how to choose among them."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from routing.domain.spec import DifficultyBands
from routing.domain.types import RouteSpec
from studio.forms import ConsoleForm
from studio.forms_gateway import Choices
from studio.terms import STRATEGY_LABELS, TIER_LABELS

FEWEST_ROWS, SPARE_ROWS = 4, 2
MOST_ROWS = 20
NEW = RouteSpec(strategy="ordered", candidates=())  # its defaults are those of the form
PLAIN = (
    "strategy", "cost_weight", "latency_weight", "quality_weight", "cache_ttl_seconds", "max_attempts",
    "timeout_seconds", "first_byte_timeout_seconds", "idle_timeout_seconds", "latency_cap_ms", "residency",
)  # fmt: skip
BANDS = ("easy_below", "hard_above", "unsure")
UNSURE = [
    ("hard", pgettext_lazy("unsure prompts go to", "deployments for hard prompts")),
    ("easy", pgettext_lazy("unsure prompts go to", "deployments for easy prompts")),
]


def _weight(label: Any, name: str) -> forms.FloatField:
    return forms.FloatField(label=label, min_value=0, max_value=1, initial=getattr(NEW, name))


def _cut(label: Any, name: str) -> forms.FloatField:
    return forms.FloatField(label=label, min_value=0, max_value=1, initial=getattr(NEW.difficulty, name))


def _seconds(label: Any, name: str) -> forms.FloatField:
    return forms.FloatField(label=label, min_value=0.1, max_value=3600, initial=getattr(NEW, name))


class RouteForm(ConsoleForm):
    """A route version. What the form does not show (the weight of a candidate) is kept from the version before."""

    name = forms.CharField(
        label=gettext_lazy("Model name for clients"),
        max_length=120,
        help_text=gettext_lazy("What applications send as “model”, for example assistant."),
    )
    strategy = forms.ChoiceField(label=gettext_lazy("Strategy"), choices=list(STRATEGY_LABELS.items()))
    cost_weight = _weight(gettext_lazy("Weight of cost"), "cost_weight")
    latency_weight = _weight(gettext_lazy("Weight of latency"), "latency_weight")
    quality_weight = _weight(gettext_lazy("Weight of quality"), "quality_weight")
    easy_below = _cut(gettext_lazy("Easy below"), "easy_below")
    hard_above = _cut(gettext_lazy("Hard above"), "hard_above")
    unsure = forms.ChoiceField(label=gettext_lazy("In between, use"), choices=UNSURE)
    cache_ttl_seconds = forms.IntegerField(
        label=gettext_lazy("Keep answers, seconds"),
        min_value=0,
        max_value=2_592_000,
        initial=NEW.cache_ttl_seconds,
        help_text=gettext_lazy("The same request again is answered from the cache. 0 switches it off."),
    )
    max_attempts = forms.IntegerField(
        label=gettext_lazy("Most attempts"), min_value=1, max_value=10, initial=NEW.max_attempts
    )
    timeout_seconds = _seconds(gettext_lazy("Whole answer within, seconds"), "timeout_seconds")
    first_byte_timeout_seconds = _seconds(gettext_lazy("First byte within, seconds"), "first_byte_timeout_seconds")
    idle_timeout_seconds = _seconds(gettext_lazy("Longest silence in a stream, seconds"), "idle_timeout_seconds")
    latency_cap_ms = forms.IntegerField(
        label=gettext_lazy("Leave out models slower than, milliseconds"),
        required=False,
        min_value=1,
        max_value=600_000,
        help_text=gettext_lazy("Compared with the measured median. Leave empty for no cap."),
    )
    residency = forms.CharField(label=gettext_lazy("Data must stay in"), required=False, max_length=60)
    note = forms.CharField(label=gettext_lazy("Note for this version"), required=False, max_length=300)

    def __init__(self, data: Any = None, *, deployments: Choices, base: RouteSpec | None = None) -> None:
        super().__init__(data, initial=_initial(base) if base else None)
        self._base = base
        used = len(base.candidates) if base else 0
        self.places = range(1, min(MOST_ROWS, max(FEWEST_ROWS, used + SPARE_ROWS)) + 1)
        for place in self.places:
            self._add_rung(place, deployments)
        unsure = self.fields["unsure"]
        assert isinstance(unsure, forms.ChoiceField)
        unsure.choices = [*UNSURE, *deployments]
        if base:
            del self.fields["name"]

    def ladder(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Candidate and tier fields in pairs."""
        return [(self[f"candidate_{place}"], self[f"tier_{place}"]) for place in self.places]

    def spec(self) -> dict[str, Any]:
        """The route spec as JSON data; the domain parser has the last word."""
        data = self.cleaned_data
        spec: dict[str, Any] = {name: data[name] for name in PLAIN if data[name] not in ("", None)}
        spec["candidates"] = [self._candidate(place) for place in self._chosen()]
        return spec | {"difficulty": {name: data[name] for name in BANDS}}

    def field_of(self, name: str) -> str:
        """The field that a path of the spec (`candidates.0.tier`) came from."""
        head, _dot, rest = name.partition(".")
        if head == "difficulty":
            return rest
        index, _dot, part = rest.partition(".")
        if head != "candidates" or not index.isdigit():
            return super().field_of(name)
        place = self._chosen()[int(index)]
        return f"tier_{place}" if part == "tier" else f"candidate_{place}"

    def _add_rung(self, place: int, deployments: Choices) -> None:
        label = _("First choice") if place == 1 else _("Choice %(place)d") % {"place": place}
        tier = _("Use choice %(place)d for") % {"place": place}
        choices = [("", _("None")), *deployments]
        self.fields[f"candidate_{place}"] = forms.ChoiceField(label=label, required=place == 1, choices=choices)
        self.fields[f"tier_{place}"] = forms.ChoiceField(label=tier, choices=list(TIER_LABELS.items()), required=False)

    def _candidate(self, place: int) -> dict[str, Any]:
        id_, tier = self.cleaned_data[f"candidate_{place}"], self.cleaned_data[f"tier_{place}"] or "any"
        weights = {one.deployment_id: one.weight for one in self._base.candidates} if self._base else {}
        return {"deployment": id_, "tier": tier, "weight": weights.get(id_, 1.0)}

    def _chosen(self) -> list[int]:
        return [place for place in self.places if self.cleaned_data.get(f"candidate_{place}")]


def _initial(spec: RouteSpec) -> dict[str, Any]:
    bands: DifficultyBands = spec.difficulty
    initial = {name: getattr(spec, name) for name in PLAIN} | {name: getattr(bands, name) for name in BANDS}
    for place, candidate in enumerate(spec.candidates, 1):
        initial |= {f"candidate_{place}": candidate.deployment_id, f"tier_{place}": candidate.tier}
    return initial
