"""The configuration of a route version: parsed from its JSON into a frozen value, and written back canonically.

`parse_route_spec` refuses unknown keys and names every faulty field (`candidates.0.tier`); `spec_digest` identifies the
spec in decisions, cache keys and usage records.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from tenants.errors import Invalid

Strategy = Literal["ordered", "cheapest", "fastest", "difficulty", "balanced"]
Tier = Literal["easy", "hard", "any"]

STRATEGIES: Final[tuple[str, ...]] = get_args(Strategy)
TIERS: Final[tuple[str, ...]] = get_args(Tier)
MAX_CANDIDATES: Final = 20
DEFAULT_EASY_BELOW: Final = 0.2
DEFAULT_HARD_ABOVE: Final = 0.4

_MISSING: Final = object()


class SpecError(Invalid):
    """The spec of a route cannot be accepted; `errors` maps the path of each faulty field to what is wrong with it."""

    code = "invalid_route_spec"
    public_message = "The route configuration has errors."


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateSpec:
    """One deployment a route may use; the order of candidates is the order of fallback."""

    deployment_id: str
    weight: float = 1.0  # preference in the balanced strategy: the score is divided by it
    tier: Tier = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class DifficultyBands:
    """Cuts on the difficulty score (0 to 1, a percentile of the reference prompts).

    Below `easy_below` a prompt is easy, above `hard_above` hard. Between the cuts, or without a usable signal, it is
    unsure, and goes where `unsure` says: a tier or a deployment id.
    """

    easy_below: float = DEFAULT_EASY_BELOW
    hard_above: float = DEFAULT_HARD_ABOVE
    unsure: str = "hard"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSpec:
    """How a route chooses among its candidates, how long it waits, how often it tries and how long it caches."""

    strategy: Strategy
    candidates: tuple[CandidateSpec, ...]
    cost_weight: float = 0.5
    latency_weight: float = 0.5
    quality_weight: float = 0.0
    difficulty: DifficultyBands = DifficultyBands()
    cache_ttl_seconds: int = 0
    timeout_seconds: float = 600.0
    first_byte_timeout_seconds: float = 60.0
    idle_timeout_seconds: float = 60.0
    max_attempts: int = 3
    latency_cap_ms: int | None = None
    residency: str | None = None

    @property
    def needs_difficulty(self) -> bool:
        """Whether the features of the prompt must be extracted for this route."""
        return self.strategy == "difficulty"


class _Reader:
    """Takes fields out of one JSON object, collecting an error for each that does not fit."""

    def __init__(self, source: Any, errors: dict[str, list[str]], path: str = "") -> None:
        self.path, self.errors = path, errors
        self.fields: dict[str, Any] = dict(source) if isinstance(source, Mapping) else {}
        if not isinstance(source, Mapping):
            self.fail("", "must be an object")

    def fail(self, name: str, text: str) -> None:
        self.errors.setdefault(f"{self.path}{name}".rstrip(".") or "spec", []).append(text)

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        value = self.fields.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.fail(name, f"must be a number from {low:g} to {high:g}")
            return default
        return float(value)

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        value = self.fields.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fail(name, f"must be a whole number from {low} to {high}")
            return default
        return value

    def choice(self, name: str, options: tuple[str, ...], default: Any = _MISSING) -> Any:
        value = self.fields.pop(name, default)
        if not isinstance(value, str) or value not in options:
            self.fail(name, "must be one of " + ", ".join(options))
            return options[0]
        return value

    def text(self, name: str, default: str | None = None, *, required: bool = False) -> str:
        value = self.fields.pop(name, default)
        if not isinstance(value, str) or not value or len(value) > 200:
            if required or value is not default:
                self.fail(name, "must be a text of 1 to 200 characters")
            return ""
        return value

    def close(self) -> None:
        for name in self.fields:
            self.fail(name, "is not a known field")


def parse_route_spec(source: Any) -> RouteSpec:
    """The spec in `source`, or SpecError naming every field that is missing, unknown or out of range."""
    errors: dict[str, list[str]] = {}
    reader = _Reader(source, errors)
    candidates = _candidates(reader, errors)
    spec = RouteSpec(
        strategy=reader.choice("strategy", STRATEGIES),
        candidates=candidates,
        cost_weight=reader.number("cost_weight", 0.5, low=0, high=1),
        latency_weight=reader.number("latency_weight", 0.5, low=0, high=1),
        quality_weight=reader.number("quality_weight", 0.0, low=0, high=1),
        difficulty=_bands(reader.fields.pop("difficulty", {}), candidates, errors),
        cache_ttl_seconds=reader.integer("cache_ttl_seconds", 0, low=0, high=2_592_000),
        timeout_seconds=reader.number("timeout_seconds", 600.0, low=0.1, high=3600),
        first_byte_timeout_seconds=reader.number("first_byte_timeout_seconds", 60.0, low=0.1, high=3600),
        idle_timeout_seconds=reader.number("idle_timeout_seconds", 60.0, low=0.1, high=3600),
        max_attempts=reader.integer("max_attempts", 3, low=1, high=10),
        latency_cap_ms=_optional(reader, "latency_cap_ms", high=600_000),
        residency=reader.text("residency") or None,
    )
    reader.close()
    if spec.strategy == "balanced" and spec.cost_weight + spec.latency_weight + spec.quality_weight == 0:
        reader.fail("cost_weight", "at least one of cost_weight, latency_weight and quality_weight must be above 0")
    if errors:
        raise SpecError(errors=errors)
    return spec


def _candidates(reader: _Reader, errors: dict[str, list[str]]) -> tuple[CandidateSpec, ...]:
    rows = reader.fields.pop("candidates", None)
    if not isinstance(rows, list | tuple) or not 1 <= len(rows) <= MAX_CANDIDATES:
        reader.fail("candidates", f"must be a list of 1 to {MAX_CANDIDATES} candidates")
        return ()
    found = tuple(_candidate(_Reader(row, errors, f"candidates.{index}.")) for index, row in enumerate(rows))
    ids = [candidate.deployment_id for candidate in found]
    for index, deployment_id in enumerate(ids):
        if deployment_id and deployment_id in ids[:index]:
            reader.fail(f"candidates.{index}.deployment", "is named twice")
    return found


def _candidate(reader: _Reader) -> CandidateSpec:
    candidate = CandidateSpec(
        deployment_id=reader.text("deployment", required=True),
        weight=reader.number("weight", 1.0, low=0.01, high=100),
        tier=reader.choice("tier", TIERS, "any"),
    )
    reader.close()
    return candidate


def _bands(source: Any, candidates: tuple[CandidateSpec, ...], errors: dict[str, list[str]]) -> DifficultyBands:
    reader = _Reader(source, errors, "difficulty.")
    bands = DifficultyBands(
        easy_below=reader.number("easy_below", DEFAULT_EASY_BELOW, low=0, high=1),
        hard_above=reader.number("hard_above", DEFAULT_HARD_ABOVE, low=0, high=1),
        unsure=reader.text("unsure", "hard", required=True),
    )
    reader.close()
    if bands.easy_below > bands.hard_above:
        reader.fail("easy_below", "must not be above hard_above")
    if bands.unsure not in {"easy", "hard", "", *(candidate.deployment_id for candidate in candidates)}:
        reader.fail("unsure", "must be easy, hard or the deployment of a candidate")
    return bands


def _optional(reader: _Reader, name: str, *, high: int) -> int | None:
    if reader.fields.get(name) is None:
        reader.fields.pop(name, None)
        return None
    return reader.integer(name, 1, low=1, high=high)


def spec_to_dict(spec: RouteSpec) -> dict[str, Any]:
    """The spec as JSON data with every default written out; `parse_route_spec` reads it back to an equal value."""
    bands = spec.difficulty
    return {
        "strategy": spec.strategy,
        "candidates": [
            {"deployment": candidate.deployment_id, "weight": candidate.weight, "tier": candidate.tier}
            for candidate in spec.candidates
        ],
        "cost_weight": spec.cost_weight,
        "latency_weight": spec.latency_weight,
        "quality_weight": spec.quality_weight,
        "difficulty": {"easy_below": bands.easy_below, "hard_above": bands.hard_above, "unsure": bands.unsure},
        "cache_ttl_seconds": spec.cache_ttl_seconds,
        "timeout_seconds": spec.timeout_seconds,
        "first_byte_timeout_seconds": spec.first_byte_timeout_seconds,
        "idle_timeout_seconds": spec.idle_timeout_seconds,
        "max_attempts": spec.max_attempts,
        "latency_cap_ms": spec.latency_cap_ms,
        "residency": spec.residency,
    }


def canonical_json(value: Any) -> bytes:
    """The one byte form of JSON data here: sorted keys, no blanks, ASCII, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def spec_digest(spec: RouteSpec) -> str:
    """SHA-256 of the canonical spec, in hexadecimal."""
    return hashlib.sha256(canonical_json(spec_to_dict(spec))).hexdigest()
