"""The hard filters: each is one rule that a candidate passes or not, whatever it costs.

The rules stand in the order of RULES, from what the caller may do to what the moment allows; a candidate that fails a
later rule came further, which is how the refusal names the nearest cause.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from routing.domain.types import (
    DeploymentFacts,
    Failure,
    HealthState,
    RequestFeatures,
    RouteVersionFacts,
    RuleId,
    Snapshot,
)

OUTPUT_RESERVE_TOKENS: Final = 1024  # kept free in the context window where the request does not say what it wants


class Situation(NamedTuple):
    """What the rules look at besides the request and the deployment."""

    route: RouteVersionFacts
    snapshot: Snapshot
    health: HealthState
    cost_high: int | None


Rule = Callable[[RequestFeatures, DeploymentFacts, Situation], Failure | None]


def _allowed(features: RequestFeatures, facts: DeploymentFacts, at: Situation) -> Failure | None:
    allowed = at.snapshot.allowed_models
    return Failure("allowed", at.route.name) if allowed and at.route.name not in allowed else None


def _enabled(features: RequestFeatures, facts: DeploymentFacts, at: Situation) -> Failure | None:
    return None if facts.enabled else Failure("enabled")


def _residency(features: RequestFeatures, facts: DeploymentFacts, at: Situation) -> Failure | None:
    wanted = at.route.spec.residency
    return Failure("residency", wanted, facts.residency) if wanted is not None and facts.residency != wanted else None


def _streaming(features: RequestFeatures, facts: DeploymentFacts, at: Situation) -> Failure | None:
    return Failure("streaming") if features.stream and not facts.supports_streaming else None


def _tools(features: RequestFeatures, facts: DeploymentFacts, at: Situation) -> Failure | None:
    return Failure("tools") if features.has_tools and not facts.supports_tools else None


def _json(features: RequestFeatures, facts: DeploymentFacts, at: Situation) -> Failure | None:
    return Failure("json") if features.wants_json and not facts.supports_json else None


def _vision(features: RequestFeatures, facts: DeploymentFacts, at: Situation) -> Failure | None:
    count = features.image_count + features.file_count  # providers render documents as pages
    return Failure("vision", count) if count and not facts.supports_vision else None


def _output(features: RequestFeatures, facts: DeploymentFacts, at: Situation) -> Failure | None:
    asked, limit = features.max_output_tokens, facts.max_output_tokens
    return Failure("output", asked, limit) if asked is not None and limit is not None and asked > limit else None


def _context(features: RequestFeatures, facts: DeploymentFacts, at: Situation) -> Failure | None:
    window = facts.context_window
    if window is None:
        return None
    reserve = features.max_output_tokens
    if reserve is None:
        reserve = min(OUTPUT_RESERVE_TOKENS, facts.max_output_tokens or OUTPUT_RESERVE_TOKENS)
    need = features.input_tokens_estimate + reserve
    return Failure("context", need, window) if need > window else None


def _priced(features: RequestFeatures, facts: DeploymentFacts, at: Situation) -> Failure | None:
    return Failure("priced") if at.snapshot.hard_limit and not facts.price.known else None


def _bounded(features: RequestFeatures, facts: DeploymentFacts, at: Situation) -> Failure | None:
    if not at.snapshot.hard_limit or at.cost_high is not None or not facts.price.known:
        return None
    return Failure("bounded", features.unbounded[0] if features.unbounded else "output")


def _health(features: RequestFeatures, facts: DeploymentFacts, at: Situation) -> Failure | None:
    now_ms = at.snapshot.now_ms
    if not at.health.is_open(now_ms):
        return None
    return Failure("health", at.health.open_until_ms - now_ms, at.health.reason)


RULES: Final[tuple[tuple[RuleId, Rule], ...]] = (
    ("allowed", _allowed),
    ("enabled", _enabled),
    ("residency", _residency),
    ("streaming", _streaming),
    ("tools", _tools),
    ("json", _json),
    ("vision", _vision),
    ("output", _output),
    ("context", _context),
    ("priced", _priced),
    ("bounded", _bounded),
    ("health", _health),
)
RULE_ORDER: Final = {rule_id: position for position, (rule_id, _) in enumerate(RULES)}
_CHECKS: Final = tuple(check for _, check in RULES)


def failures(features: RequestFeatures, facts: DeploymentFacts, situation: Situation) -> tuple[Failure, ...]:
    """Every rule the candidate does not pass, in the order of RULES."""
    return tuple([failure for check in _CHECKS if (failure := check(features, facts, situation))])
