"""Simulating a route: the production decision for a request that nobody sends, no call, no hold, nothing written.

Of a tenant's route the rows are compiled by the gateway's own `compile_tenant`; latencies are those of the tenant's
answers of the last days, and circuits count as closed, since each gateway process knows only its own. People without an
account get the made-up route of `catalog/demo_route.py`, which needs no database.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from routing.catalog.demo_route import demo_stage
from routing.catalog.tasks import Task, tasks
from routing.domain.rehearsal import FAULTS
from routing.domain.simulation import (
    MAX_ANSWER_TOKENS,
    MAX_PROMPT,
    Simulation,
    SimulationRequest,
    Source,
    Stage,
    simulate,
)
from routing.domain.spec import STRATEGIES
from routing.domain.types import Snapshot, SpecError
from routing.gateway.compiled import compile_tenant
from routing.selectors.simulation import recent_latencies, recent_tries, simulated_route
from tenants.access import require
from tenants.errors import Conflict, Invalid

_SPEC_NAMES = {"latency_cap_ms", "residency", "strategy", "cost_weight", "latency_weight", "quality_weight"}


def route_stage(route_id: UUID | str, *, now: datetime) -> Stage:
    """A route of this tenant with what its own usage says of its models."""
    require("route.read")
    found = simulated_route(route_id)
    if found is None:
        raise Conflict(_("This route is archived and answers nobody."))
    route = compile_tenant(found.rows, good_at=0).routes[found.name].facts
    latencies = recent_latencies(tuple(route.deployments), now=now)
    prices: dict[str, Source] = {
        name: "catalogue" if name in found.catalogue_prices else "configured" for name in route.deployments
    }
    return Stage(
        route=route,
        snapshot=Snapshot(now_ms=int(now.timestamp() * 1000), latency=latencies),
        latencies=dict.fromkeys(latencies, "measured"),
        prices=prices,
        tries=recent_tries(route_id, now=now),
    )


def simulate_route(request: SimulationRequest, *, route_id: UUID | str, now: datetime) -> Simulation:
    """What the gateway would do on a route of this tenant, as published or with the what-ifs of the request."""
    return play(request, route_stage(route_id, now=now))


def simulate_demo(request: SimulationRequest) -> Simulation:
    """The same on the made-up route, for anybody."""
    return play(request, demo_stage())


def play(request: SimulationRequest, stage: Stage) -> Simulation:
    """Fill in the preset, check, decide. Invalid names each field that is at fault and the fix."""
    filled = with_task(request)
    _check(filled, stage)
    try:
        return simulate(filled, stage)
    except SpecError as error:
        raise Invalid(errors=_shown(error.errors)) from error


def with_task(request: SimulationRequest) -> SimulationRequest:
    """The request with its preset: the prompt where none is given, the usual length, and what the task needs."""
    task = _task(request.task)
    own = bool(request.prompt.strip())
    needs = frozenset[str]() if own else task.needs
    usual = None if own else task.answer_tokens
    return replace(
        request,
        task="" if own else task.slug,
        prompt=request.prompt if own else task.prompt(get_language() or "en"),
        answer_tokens=request.answer_tokens if request.answer_tokens is not None else usual,
        tools=request.tools or "tools" in needs,
        json=request.json or "json" in needs,
        vision=request.vision or "vision" in needs,
    )


def _task(slug: str) -> Task:
    known = tasks()
    if slug and slug not in known:
        text = _("There is no such task. Choose one of %(tasks)s.") % {"tasks": ", ".join(known)}
        raise Invalid(errors={"task": [text]})
    return known[slug] if slug else next(iter(known.values()))


def _check(request: SimulationRequest, stage: Stage) -> None:
    errors: dict[str, list[str]] = {}
    if len(request.prompt) > MAX_PROMPT:
        text = _("Use at most %(most)d characters; this has %(now)d.")
        errors["prompt"] = [text % {"most": MAX_PROMPT, "now": len(request.prompt)}]
    if request.answer_tokens is not None and not 1 <= request.answer_tokens <= MAX_ANSWER_TOKENS:
        errors["answer_tokens"] = [_("Use a whole number from 1 to %(most)d.") % {"most": MAX_ANSWER_TOKENS}]
    if request.strategy is not None and request.strategy not in STRATEGIES:
        errors["strategy"] = [_("Choose one of %(choices)s.") % {"choices": ", ".join(STRATEGIES)}]
    if request.fault not in FAULTS:
        errors["fault"] = [_("Choose one of %(choices)s.") % {"choices": ", ".join(FAULTS)}]
    if any(one not in stage.route.deployments for one in request.outages):
        errors["outages"] = [_("Name only deployments of this route.")]
    if errors:
        raise Invalid(errors=errors)


def _shown(errors: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with the imagined spec, beside the fields of the request."""
    return {name if name in _SPEC_NAMES else "strategy": list(texts) for name, texts in errors.items()}
