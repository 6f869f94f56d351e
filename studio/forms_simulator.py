"""The form of the simulator. It is sent by GET and its names begin with `s_`, so that any page's address holds it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from routing.catalog.tasks import tasks
from routing.domain.simulation import ANYWHERE, MAX_ANSWER_TOKENS, SimulationRequest, Stage
from studio.forms import ConsoleForm
from studio.forms_gateway import choose
from studio.terms import STRATEGY_LABELS

MAX_PROMPT = 2_000  # an address holds no more
WEIGHTS = {"cost": "cost_weight", "speed": "latency_weight", "quality": "quality_weight"}
NEEDS = ("tools", "json", "vision", "stream", "hard")
RULES = ("strategy", "cap", "residency", "cache")
TASK_LABELS = {
    "classify": gettext_lazy("Sort a customer's e-mail"),
    "extract": gettext_lazy("Take the fields out of an invoice"),
    "answer": gettext_lazy("Answer a customer"),
    "summarise": gettext_lazy("Summarise a contract clause"),
    "reason": gettext_lazy("Reason about a loan"),
}
FAULT_LABELS = {
    "hang": gettext_lazy("hangs until the time limit"),
    "error": gettext_lazy("refuses at once (503)"),
    "known": gettext_lazy("known: its circuit is open"),
}
AS_PUBLISHED = gettext_lazy("As the route says")


def _weight(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=0, max_value=100, widget=forms.NumberInput(attrs={"type": "range"})
    )


def _need(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


class SimulatorForm(ConsoleForm):
    """What to play through; empty means as the task or the route has it."""

    service_names: ClassVar[Mapping[str, str]] = {
        "outages": "down",
        "answer_tokens": "answer",
        "latency_cap_ms": "cap",
        "cost_weight": "cost",
        "latency_weight": "speed",
        "quality_weight": "quality",
    }

    task = forms.ChoiceField(label=gettext_lazy("Task"), required=False)
    prompt = forms.CharField(
        label=gettext_lazy("Or your own prompt"),
        required=False,
        max_length=MAX_PROMPT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    answer = forms.IntegerField(
        label=gettext_lazy("Answer, tokens"), required=False, min_value=1, max_value=MAX_ANSWER_TOKENS
    )
    strategy = forms.ChoiceField(label=gettext_lazy("Strategy"), required=False)
    cost = _weight(pgettext_lazy("weight", "Cost"))
    speed = _weight(pgettext_lazy("weight", "Speed"))
    quality = _weight(pgettext_lazy("weight", "Quality"))
    cap = forms.IntegerField(label=gettext_lazy("Latency cap, ms"), required=False, min_value=0, max_value=600_000)
    residency = forms.ChoiceField(label=gettext_lazy("Data must stay in"), required=False)
    cache = forms.ChoiceField(
        label=gettext_lazy("Cache"),
        required=False,
        choices=[("", AS_PUBLISHED), ("on", pgettext_lazy("cache", "on")), ("off", pgettext_lazy("cache", "off"))],
    )
    tools = _need(gettext_lazy("Tools"))
    json = _need(gettext_lazy("JSON answer"))
    vision = _need(gettext_lazy("An image"))
    stream = _need(gettext_lazy("Streamed"))
    hard = _need(gettext_lazy("The key has a hard budget"))
    down = forms.MultipleChoiceField(
        label=gettext_lazy("Marked down"), required=False, widget=forms.CheckboxSelectMultiple
    )
    fault = forms.ChoiceField(label=gettext_lazy("How it is down"), required=False, choices=list(FAULT_LABELS.items()))

    def __init__(self, source: QueryDict, *, stage: Stage) -> None:
        spec, deployments = stage.route.spec, stage.route.deployments
        self.published = {name: round(getattr(spec, field) * 100) for name, field in WEIGHTS.items()}
        filled = source.copy()
        for name, share in self.published.items():
            filled.setdefault(self.add_prefix(name), str(share))
        super().__init__(filled)
        choose(self, "task", [(slug, str(TASK_LABELS[slug])) for slug in tasks()])
        choose(
            self, "strategy", [(name, str(label)) for name, label in STRATEGY_LABELS.items()], empty=str(AS_PUBLISHED)
        )
        places = sorted({one.residency for one in deployments.values() if one.residency})
        anywhere = (ANYWHERE, _("anywhere"))
        choose(self, "residency", [anywhere, *((one, one) for one in places)], empty=str(AS_PUBLISHED))
        choose(self, "down", [(c.deployment_id, deployments[c.deployment_id].name) for c in spec.candidates
                              if c.deployment_id in deployments])  # fmt: skip
        self.fields["cap"].widget.attrs["placeholder"] = str(spec.latency_cap_ms or _("none"))

    def add_prefix(self, field_name: str) -> str:
        """The name in the address."""
        return f"s_{field_name}"

    @property
    def weights(self) -> list[forms.BoundField]:
        """The three sliders."""
        return [self[name] for name in WEIGHTS]

    @property
    def needs(self) -> list[forms.BoundField]:
        """What the request asks of a model."""
        return [self[name] for name in NEEDS]

    @property
    def rules(self) -> list[forms.BoundField]:
        """What the route says otherwise."""
        return [self[name] for name in RULES]

    @property
    def own(self) -> bool:
        """Whether the request is not simply the task."""
        return any(self[name].data for name in ("prompt", "answer", *NEEDS))

    @property
    def ruled(self) -> bool:
        """Whether any rule is not as the route has it."""
        return any(self[name].data for name in RULES)

    @property
    def faults(self) -> list[dict[str, str]]:
        """Each error with the label of its field."""
        return [
            {"label": str(self.fields[name].label) if name in self.fields else "", "text": str(text)}
            for name, texts in self.errors.items()
            for text in texts
        ]

    def request(self) -> SimulationRequest:
        """What a valid form asks for. A weight that was moved means the balanced strategy, unless another is chosen."""
        data = self.cleaned_data
        moved = {
            field: data[name] / 100
            for name, field in WEIGHTS.items()
            if data[name] is not None and data[name] != self.published[name]
        }
        asked = SimulationRequest(
            task=data["task"],
            prompt=data["prompt"],
            answer_tokens=data["answer"],
            tools=data["tools"],
            json=data["json"],
            vision=data["vision"],
            stream=data["stream"],
            hard_budget=data["hard"],
            strategy=data["strategy"] or ("balanced" if moved else None),
            latency_cap_ms=data["cap"],
            residency=data["residency"] or None,
            cache={"on": True, "off": False}.get(data["cache"]),
            outages=tuple(data["down"]),
            fault=data["fault"] or "hang",
            again=self.data.get(self.add_prefix("again")) == "1",
        )
        return replace(asked, **moved)
