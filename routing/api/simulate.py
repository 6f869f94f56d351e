"""Simulating a route: what the gateway would do with a request that is not sent."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from routing.api.fields import NanoUsdField
from routing.catalog.tasks import tasks
from routing.domain.explain import decision_to_dict
from routing.domain.rehearsal import FAULTS
from routing.domain.simulation import (
    ANYWHERE,
    MAX_ANSWER_TOKENS,
    MAX_PROMPT,
    NO_CAP,
    Simulation,
    SimulationRequest,
    Tries,
)
from routing.domain.spec import MAX_CANDIDATES, STRATEGIES
from routing.selectors.explanation import explain
from routing.simulator import simulate_route
from tenants.rest import StrictSerializer, TenantAPIView, operation

SOURCES = ("measured", "catalogue", "configured", "assumed")
SOURCE = "measured: of answers of the last 7 days; catalogue: its price; configured: set here by hand; assumed."
WHAT_IF = "null: as the route has it; anything else is a what-if."


class MillisecondsOutput(serializers.Serializer[Any]):
    """A time and how it is known."""

    value = serializers.IntegerField(allow_null=True, help_text="Milliseconds; null where nobody answers.")
    source = serializers.ChoiceField(  # type: ignore[assignment]  # declared fields are taken off the class
        choices=SOURCES, help_text=SOURCE
    )
    samples = serializers.IntegerField(help_text="Of how many answers it was measured.")


class AmountOutput(serializers.Serializer[Any]):
    """Money and how it is known."""

    value = NanoUsdField(allow_null=True, help_text="USD, exact; null where a price is not known.")
    source = serializers.ChoiceField(  # type: ignore[assignment]  # declared fields are taken off the class
        choices=SOURCES, help_text=SOURCE
    )


class FailureOutput(serializers.Serializer[Any]):
    """A rule that a candidate did not pass."""

    rule = serializers.CharField()
    text = serializers.CharField()


class SimulatedCandidateOutput(serializers.Serializer[Any]):
    """One candidate in the order of the route."""

    deployment_id = serializers.CharField()
    name = serializers.CharField()
    rung = serializers.IntegerField(allow_null=True, help_text="Place on the ladder, 1 = chosen; null when dropped.")
    dropped_by = FailureOutput(many=True)
    score = serializers.DictField(child=serializers.FloatField(), help_text="What the strategy compared.")
    p50 = MillisecondsOutput()
    p95 = MillisecondsOutput()
    cost = AmountOutput()
    cost_low = AmountOutput()
    cost_high = AmountOutput(help_text="What would be held.")
    tries = serializers.IntegerField(help_text="Tries on this route in the last 15 minutes; they decide nothing here.")
    failed_tries = serializers.IntegerField(help_text="Those that failed by the fault of the deployment.")


class SimulatedAttemptOutput(serializers.Serializer[Any]):
    """One try on the way down the ladder."""

    deployment_id = serializers.CharField()
    began_ms = serializers.IntegerField()
    took_ms = serializers.IntegerField()
    outcome = serializers.CharField()
    wait_ms = serializers.IntegerField(help_text="Backoff before the next try.")
    booked = NanoUsdField(allow_null=True, help_text="Its hold where the spend would be unclear, else 0.")


class SimulatedChangeOutput(serializers.Serializer[Any]):
    """A field of the spec that is not as published."""

    name = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class SimulationOutput(serializers.Serializer[Any]):
    """What would happen."""

    route_version = serializers.IntegerField()
    what_if = SimulatedChangeOutput(many=True)
    task = serializers.CharField(allow_blank=True, help_text="The preset whose prompt was used; empty for your own.")
    chosen = serializers.CharField(allow_null=True, help_text="Deployment that the decision chose.")
    answered = serializers.CharField(allow_null=True, help_text="Deployment whose answer the caller gets.")
    reason = serializers.CharField()
    reason_text = serializers.CharField()
    margin_text = serializers.CharField(allow_blank=True)
    counterfactual_text = serializers.CharField(allow_blank=True)
    refusal_text = serializers.CharField(allow_blank=True)
    cache = serializers.ChoiceField(choices=("hit", "miss", "off"))
    cache_reason = serializers.CharField()
    p50 = MillisecondsOutput()
    p95 = MillisecondsOutput()
    cost = AmountOutput()
    cost_low = AmountOutput()
    cost_high = AmountOutput()
    saved = AmountOutput(help_text="What the cache spared.")
    largest = serializers.CharField(allow_null=True, help_text="Deployment that “always the largest” would mean.")
    spared = AmountOutput(help_text="How much less than always the largest.")
    candidates = SimulatedCandidateOutput(many=True)
    attempts = SimulatedAttemptOutput(many=True)


class RouteSimulate(TenantAPIView):
    """Ask what would happen."""

    actions: ClassVar[dict[str, str]] = {"post": "route.read"}

    class Input(StrictSerializer):
        task = serializers.ChoiceField(
            choices=[*tasks()], allow_blank=True, default="", help_text="The preset that stands in for an empty prompt."
        )
        prompt = serializers.CharField(max_length=MAX_PROMPT, allow_blank=True, default="", trim_whitespace=False)
        answer_tokens = serializers.IntegerField(
            min_value=1, max_value=MAX_ANSWER_TOKENS, allow_null=True, default=None, help_text="Sent as max_tokens."
        )
        tools = serializers.BooleanField(default=False)
        json = serializers.BooleanField(default=False)
        vision = serializers.BooleanField(default=False)
        stream = serializers.BooleanField(default=False)
        hard_budget = serializers.BooleanField(default=False, help_text="Whether the calling key has a hard budget.")
        strategy = serializers.ChoiceField(choices=STRATEGIES, allow_null=True, default=None, help_text=WHAT_IF)
        cost_weight = serializers.FloatField(min_value=0, max_value=1, allow_null=True, default=None, help_text=WHAT_IF)
        latency_weight = serializers.FloatField(
            min_value=0, max_value=1, allow_null=True, default=None, help_text=WHAT_IF
        )
        quality_weight = serializers.FloatField(
            min_value=0, max_value=1, allow_null=True, default=None, help_text=WHAT_IF
        )
        latency_cap_ms = serializers.IntegerField(
            min_value=NO_CAP, max_value=600_000, allow_null=True, default=None, help_text=f"{WHAT_IF} 0 means no cap."
        )
        residency = serializers.CharField(
            max_length=60, allow_null=True, default=None, help_text=f"{WHAT_IF} `{ANYWHERE}` means anywhere."
        )
        cache = serializers.BooleanField(allow_null=True, default=None, help_text=WHAT_IF)
        outages = serializers.ListField(
            child=serializers.CharField(max_length=60),
            max_length=MAX_CANDIDATES,
            default=list,
            help_text="Deployments of the route that do not answer.",
        )
        fault = serializers.ChoiceField(
            choices=FAULTS,
            default="hang",
            help_text="hang: nothing comes in time; error: 503 at once; known: the circuit is open already.",
        )
        again = serializers.BooleanField(default=False, help_text="The same request once more.")

    @operation("route_simulate", "Simulate a request on a route", body=Input, output=SimulationOutput)
    def post(self, request: Request, route_id: UUID) -> Response:
        data = self.parsed(self.Input)
        wanted = SimulationRequest(**data | {"outages": tuple(data["outages"])})
        return Response(SimulationOutput(_answer(simulate_route(wanted, route_id=route_id, now=timezone.now()))).data)


def _answer(simulation: Simulation) -> dict[str, Any]:
    explanation = explain(decision_to_dict(simulation.decision))
    assert explanation is not None
    decision, rehearsal = simulation.decision, simulation.rehearsal
    ids = [result.deployment.id for result in decision.candidates]
    texts = ("reason", "reason_text", "margin_text", "counterfactual_text", "refusal_text")
    figures = ("p50", "p95", "cost", "cost_low", "cost_high", "saved", "spared", "cache", "cache_reason", "what_if")
    return {
        **{name: getattr(explanation, name) for name in texts},
        **{name: getattr(simulation, name) for name in figures},
        "route_version": decision.route.number,
        "task": simulation.request.task,
        "chosen": decision.winner.id if decision.winner else None,
        "answered": None if simulation.answered is None else ids[simulation.answered],
        "largest": None if simulation.largest is None else ids[simulation.largest],
        "candidates": [
            {
                "deployment_id": view.deployment_id,
                "name": view.name,
                "rung": view.rung,
                "dropped_by": view.causes,
                "score": {part.name: part.value for part in view.parts},
                **{name: getattr(estimate, name) for name in ("p50", "p95", "cost", "cost_low", "cost_high")},
                "tries": (tries := simulation.stage.tries.get(view.deployment_id, Tries(0, 0))).count,
                "failed_tries": tries.errors,
            }
            for view, estimate in zip(explanation.candidates, simulation.estimates, strict=True)
        ],
        "attempts": [
            {
                "deployment_id": ids[one.candidate],
                "began_ms": one.began_ms,
                "took_ms": one.took_ms,
                "outcome": one.outcome,
                "wait_ms": one.wait_ms,
                "booked": one.held,
            }
            for one in rehearsal.attempts
        ],
    }
