"""Rows of the gateway pages as plain values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from routing.domain.providers import KINDS
from routing.domain.spec import RouteSpec
from routing.models import Deployment, Provider, Route
from routing.selectors.configuration import DeploymentRow
from routing.selectors.explanation import CandidateView, Explanation
from routing.selectors.names import names_of
from routing.selectors.requests import AttemptRow
from routing.selectors.routes import SpecChange
from studio import formats
from studio.presenters import Column, Rung
from studio.terms import STRATEGY_NAMES, TIER_LABELS

MOST_FEATURES = 6
UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# what a strategy compared: values in their own units, or shares of one score
PART_LABELS = {"cost": gettext_lazy("Cost"), "latency_ms": gettext_lazy("Latency"), "quality": gettext_lazy("Quality")}
SHARE_LABELS = {
    "cost": gettext_lazy("Cost share"),
    "latency": gettext_lazy("Latency share"),
    "quality": gettext_lazy("Quality share"),
    "score": gettext_lazy("Score"),
}


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """A provider."""

    id: UUID
    name: str
    kind: str
    base_url: str
    credential: str
    residency: str
    deployments: int
    status: str


@dataclass(frozen=True, slots=True)
class DeploymentLine:
    """A deployment with price and health."""

    id: UUID
    name: str
    model: str
    provider: str
    provider_id: UUID
    price_input: int | None
    price_output: int | None
    priced: bool
    status: str
    health: str
    p50_ms: int | None
    p95_ms: int | None
    tries: int
    error_rate: float | None


@dataclass(frozen=True, slots=True)
class RouteLine:
    """A route."""

    id: UUID
    name: str
    strategy: str
    candidates: int
    version: int
    published_at: Any
    status: str


def provider_line(provider: Provider) -> ProviderLine:
    """Row of the provider list."""
    kind = KINDS.get(provider.kind)
    return ProviderLine(
        id=provider.id,
        name=provider.name,
        kind=kind.title if kind else provider.kind,
        base_url=provider.base_url or (kind.base_url if kind else ""),
        credential=provider.credential.name if provider.credential else "",
        residency=provider.residency,
        deployments=int(getattr(provider, "live_deployments", 0)),
        status="archived" if provider.archived_at else "active",
    )


def deployment_line(row: DeploymentRow) -> DeploymentLine:
    """Row of the deployment list."""
    deployment, health = row.deployment, row.health
    return DeploymentLine(
        id=deployment.id,
        name=deployment.name,
        model=deployment.model,
        provider=deployment.provider.name,
        provider_id=deployment.provider_id,
        price_input=deployment.price_input,
        price_output=deployment.price_output,
        priced=deployment.priced,
        status="archived" if deployment.archived_at else "enabled" if deployment.enabled else "disabled",
        health=health.state,
        p50_ms=health.p50_ms,
        p95_ms=health.p95_ms,
        tries=health.tries,
        error_rate=health.error_rate,
    )


def deployment_facts(deployment: Deployment) -> list[dict[str, str]]:
    """What a model can do and costs, as a list of facts."""

    def price(nano: int | None) -> str:
        return _("not known") if nano is None else _("%(price)s per million tokens") % {"price": formats.money(nano)}

    def tokens(count: int | None) -> str:
        return _("not known") if count is None else formats.number(count)

    traits = {
        _("streaming"): deployment.supports_streaming,
        _("tools"): deployment.supports_tools,
        _("JSON mode"): deployment.supports_json,
        _("images"): deployment.supports_vision,
    }
    pairs = [
        (_("Input"), price(deployment.price_input)),
        (_("Output"), price(deployment.price_output)),
        (_("Cached input"), price(deployment.price_cached_input)),
        (_("Cache write"), price(deployment.price_cache_write)),
        (_("Reasoning"), price(deployment.price_reasoning)),
        (_("Prices from"), deployment.price_source or "–"),
        (_("Context window"), tokens(deployment.context_window)),
        (_("Most output tokens"), tokens(deployment.max_output_tokens)),
        (_("Can do"), ", ".join(name for name, able in traits.items() if able) or "–"),
        (_("Quality"), formats.number(deployment.quality, 2)),
    ]
    return [{"label": label, "value": value} for label, value in pairs]


def route_line(route: Route) -> RouteLine:
    """Row of the route list; strategy and candidates come annotated by the selector."""
    strategy = str(getattr(route, "strategy", "") or "")
    return RouteLine(
        id=route.id,
        name=route.name,
        strategy=str(STRATEGY_NAMES.get(strategy, strategy)),
        candidates=len(getattr(route, "candidates", None) or []),
        version=route.current_version,
        published_at=getattr(route, "published_at", None),
        status=route.status,
    )


def route_rungs(spec: RouteSpec, found: list[DeploymentLine], address: Any) -> list[Rung]:
    """The candidates of a route as a ladder; which one wins depends on each request unless the order decides."""
    lines = {str(line.id): line for line in found}
    rungs = []
    for candidate in spec.candidates:
        line = lines.get(candidate.deployment_id)
        if line is None:
            continue
        usable = line.status == "enabled" and line.health != "down"
        prices = [formats.money(price) for price in (line.price_input, line.price_output) if price is not None]
        rungs.append(
            Rung(
                name=line.name,
                state="standby" if usable else "dropped",
                why=str(TIER_LABELS[candidate.tier]),
                figures=" / ".join(prices) or _("no price"),
                detail=f"{line.model} · {line.provider}",
                url=address(line.id),
            )
        )
    return rungs


def change_lines(changes: Iterable[SpecChange]) -> list[dict[str, Any]]:
    """What a version changed, deployments by name."""
    found = list(changes)
    ids = {UUID(id_) for one in found for id_ in UUIDS.findall(f"{one.path} {one.before} {one.after}")}
    names = names_of("deployment", ids)

    def named(value: Any) -> Any:
        return UUIDS.sub(lambda match: names.label(UUID(match[0])), value) if isinstance(value, str) else value

    return [{"path": named(one.path), "before": named(one.before), "after": named(one.after)} for one in found]


def spec_facts(spec: RouteSpec) -> list[dict[str, str]]:
    """How a route chooses, waits and caches."""
    cache = _("%(seconds)d s") % {"seconds": spec.cache_ttl_seconds} if spec.cache_ttl_seconds else _("off")
    pairs = [
        (_("Strategy"), str(STRATEGY_NAMES[spec.strategy])),
        (_("Answers are kept"), cache),
        (_("Most attempts"), str(spec.max_attempts)),
        (_("First byte within"), formats.duration(spec.first_byte_timeout_seconds * 1000)),
        (_("Whole answer within"), formats.duration(spec.timeout_seconds * 1000)),
        (_("Longest silence in a stream"), formats.duration(spec.idle_timeout_seconds * 1000)),
        (_("Leaves out models slower than"), formats.duration(spec.latency_cap_ms) if spec.latency_cap_ms else "–"),
        (_("Data must stay in"), spec.residency or "–"),
    ]
    if spec.strategy == "difficulty":
        bands = spec.difficulty
        pairs.append((_("Easy below, hard above"), f"{bands.easy_below:g} · {bands.hard_above:g}"))
    return [{"label": label, "value": value} for label, value in pairs]


def decision_rungs(explanation: Explanation, attempts: tuple[AttemptRow, ...], *, cached: bool) -> list[Rung]:
    """The ladder of one decision: what was tried and failed, what answered, what stood by, what was dropped and why."""
    tried = {attempt.name: attempt for attempt in attempts}
    order = sorted(explanation.candidates, key=lambda one: (one.rung is None, one.rung or 0))
    return [_rung(candidate, tried.get(candidate.name), cached=cached) for candidate in order]


def feature_lines(explanation: Explanation) -> list[dict[str, str]]:
    """What made a prompt easy or hard, the heaviest first, as facts."""
    features = explanation.difficulty.features[:MOST_FEATURES] if explanation.difficulty else ()
    return [
        {"label": one.name.replace("_", " "), "value": f"{formats.number(one.value, 2)} → {one.contribution:+.3f}"}
        for one in features
    ]


def _rung(candidate: CandidateView, attempt: AttemptRow | None, *, cached: bool) -> Rung:
    cost = formats.money(candidate.cost_low) if candidate.cost_low is not None else _("no price")
    source = _("measured") if candidate.latency_measured else _("assumed")
    figures = f"≈ {cost} · {formats.duration(candidate.latency_ms)} {source}"
    if attempt is not None:
        why = attempt.outcome if attempt.http_status is None else f"{attempt.outcome} ({attempt.http_status})"
        return Rung(candidate.name, "winner" if attempt.outcome == "ok" else "tried", why, figures)
    if candidate.fate == "dropped":
        return Rung(candidate.name, "dropped", " ".join(cause.text for cause in candidate.causes), figures)
    if cached and candidate.fate == "chosen":
        return Rung(candidate.name, "winner", _("its earlier answer came from the cache"), figures)
    return Rung(candidate.name, "standby", "", figures)


def decision_table(explanation: Explanation) -> dict[str, Any]:
    """All candidates with the parts that were compared; each part is (figure, note under it)."""
    parts = sorted({part.name for one in explanation.candidates for part in one.parts})
    shares = explanation.strategy == "balanced"
    rows = [
        {
            "rank": one.rung,
            "name": one.name,
            "winner": one.fate == "chosen",
            "kept": one.fate != "dropped",
            "rule": " ".join(cause.text for cause in one.causes),
            "parts": [
                (_part(name, {part.name: part.value for part in one.parts}, shares=shares), "") for name in parts
            ],
            "total": "",
        }
        for one in explanation.candidates
    ]
    words = SHARE_LABELS if shares else PART_LABELS
    return {"candidates": rows, "parts": [str(words.get(name, name)) for name in parts]}


def _part(name: str, values: dict[str, float], *, shares: bool) -> str:
    value = values.get(name)
    if value is None:
        return "–"
    if name == "cost" and not shares:
        return formats.money(int(value))
    return formats.duration(value) if name.endswith("_ms") else formats.number(value, 3)


def provider_columns() -> list[Column]:
    """Columns of the provider list."""
    return [
        Column(_("Name")),
        Column(_("Kind")),
        Column(_("Address"), wide_only=True),
        Column(_("Credential")),
        Column(_("Deployments"), numeric=True),
    ]


def deployment_columns() -> list[Column]:
    """Columns of the deployment list."""
    return [
        Column(_("Name")),
        Column(_("Model"), wide_only=True),
        Column(_("Provider"), wide_only=True),
        Column(_("State")),
        Column(_("Health, 15 min")),
        Column(_("Median"), numeric=True),
        Column(_("Input, 1 M"), numeric=True),
        Column(_("Output, 1 M"), numeric=True),
    ]


def route_columns() -> list[Column]:
    """Columns of the route list."""
    return [
        Column(_("Model name for clients")),
        Column(_("Strategy")),
        Column(_("Candidates"), numeric=True),
        Column(_("Version"), numeric=True),
        Column(_("Published"), numeric=True, wide_only=True),
    ]


def version_columns() -> list[Column]:
    """Columns of the versions of a route."""
    return [
        Column(_("Version")),
        Column(_("Published"), numeric=True),
        Column(_("By")),
        Column(_("Note"), wide_only=True),
        Column(_("Action"), hidden_label=True),
    ]


def request_columns() -> list[Column]:
    """Columns of the request explorer."""
    return [
        Column(_("When")),
        Column(_("Model asked")),
        Column(_("Served by")),
        Column(_("State")),
        Column(_("Key"), wide_only=True),
        Column(_("Tokens"), numeric=True),
        Column(_("Latency"), numeric=True),
        Column(_("Cost"), numeric=True),
    ]


def attempt_columns() -> list[Column]:
    """Columns of the attempts of one request."""
    return [
        Column(_("Deployment")),
        Column(_("Outcome")),
        Column(_("Status"), numeric=True),
        Column(_("Took"), numeric=True),
        Column(_("Held"), numeric=True),
    ]


def ledger_columns() -> list[Column]:
    """Columns of ledger entries."""
    return [
        Column(_("When")),
        Column(_("Entry")),
        Column(_("Held"), numeric=True),
        Column(_("Amount"), numeric=True),
        Column(_("Attempt"), wide_only=True),
    ]


def usage_columns(first: str) -> list[Column]:
    """Columns of usage by something."""
    return [
        Column(first),
        Column(_("Requests"), numeric=True),
        Column(_("Errors"), numeric=True),
        Column(_("From cache"), numeric=True, wide_only=True),
        Column(_("Tokens"), numeric=True),
        Column(_("Median"), numeric=True, wide_only=True),
        Column("p95", numeric=True, wide_only=True),
        Column(_("Cost"), numeric=True),
    ]
