"""Fields that several endpoints share."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any, TypeVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from keys.domain.money import nano_from_usd, usd_from_nano
from routing.domain.spec import STRATEGIES, TIERS, CandidateSpec, RouteSpec, SpecError
from routing.domain.types import Price
from routing.selectors.filters import FIRST_DAY, LAST_DAY
from tenants.rest import StrictSerializer

Result = TypeVar("Result")
PRICE_NAMES = tuple(field.name for field in fields(Price))
# The document below shows the parser's own defaults.
_CANDIDATE = CandidateSpec(deployment_id="")
_SPEC = RouteSpec(strategy="ordered", candidates=(_CANDIDATE,))
_BANDS = _SPEC.difficulty
PER_MILLION = "USD for a million tokens, exact to nine decimal places."


class DayField(serializers.DateField):
    """A day on which there can be usage."""

    def to_internal_value(self, value: Any) -> Any:
        """A date that calculations can go a little beyond."""
        day = super().to_internal_value(value)
        if not FIRST_DAY <= day <= LAST_DAY:
            self.fail("invalid", format="YYYY-MM-DD, 2000 to 2199")
        return day


class UsdField(serializers.DecimalField):
    """Dollars as decimal text outside, whole nano-USD inside."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=16, decimal_places=9, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Decimal text to nano-USD; a number with a fraction is refused, because JSON numbers lose digits."""
        if isinstance(data, bool) or not isinstance(data, str | int):
            self.fail("invalid")
        return nano_from_usd(Decimal(super().to_internal_value(data)))

    def to_representation(self, value: Any) -> str:
        """Nano-USD to decimal text."""
        return f"{usd_from_nano(int(value)):f}"


class NanoUsdField(UsdField):
    """An amount that is only shown."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, help_text=kwargs.pop("help_text", "USD, exact."), **kwargs)


def _price_field() -> UsdField:
    return UsdField(required=False, allow_null=True, default=None, help_text=PER_MILLION)


class PriceInput(StrictSerializer):
    """Prices; input and output go together, a missing other price is taken from its side's."""

    input = _price_field()
    cached_input = _price_field()
    cache_write = _price_field()
    output = _price_field()
    reasoning = _price_field()


class PriceOutput(serializers.Serializer[Any]):
    """Prices; null = not known, "0" = free."""

    input = UsdField(allow_null=True, help_text=PER_MILLION)
    cached_input = UsdField(allow_null=True, help_text=PER_MILLION)
    cache_write = UsdField(allow_null=True, help_text=PER_MILLION)
    output = UsdField(allow_null=True, help_text=PER_MILLION)
    reasoning = UsdField(allow_null=True, help_text=PER_MILLION)


class CandidateDocument(serializers.Serializer[Any]):
    """One deployment a route may use."""

    deployment = serializers.UUIDField()
    weight = serializers.FloatField(required=False, default=_CANDIDATE.weight)
    tier = serializers.ChoiceField(choices=TIERS, required=False, default=_CANDIDATE.tier)


class DifficultyDocument(serializers.Serializer[Any]):
    """Cuts on the difficulty of a prompt; `unsure` is a tier or the deployment of a candidate."""

    easy_below = serializers.FloatField(required=False, default=_BANDS.easy_below)
    hard_above = serializers.FloatField(required=False, default=_BANDS.hard_above)
    unsure = serializers.CharField(required=False, default=_BANDS.unsure)


class SpecDocument(serializers.Serializer[Any]):
    """How a route chooses among its candidates. The order of candidates is the order of fallback."""

    strategy = serializers.ChoiceField(choices=STRATEGIES)
    candidates = CandidateDocument(many=True)
    cost_weight = serializers.FloatField(required=False, default=_SPEC.cost_weight)
    latency_weight = serializers.FloatField(required=False, default=_SPEC.latency_weight)
    quality_weight = serializers.FloatField(required=False, default=_SPEC.quality_weight)
    difficulty = DifficultyDocument(required=False)
    cache_ttl_seconds = serializers.IntegerField(required=False, default=_SPEC.cache_ttl_seconds)
    timeout_seconds = serializers.FloatField(required=False, default=_SPEC.timeout_seconds)
    first_byte_timeout_seconds = serializers.FloatField(required=False, default=_SPEC.first_byte_timeout_seconds)
    idle_timeout_seconds = serializers.FloatField(required=False, default=_SPEC.idle_timeout_seconds)
    max_attempts = serializers.IntegerField(required=False, default=_SPEC.max_attempts)
    latency_cap_ms = serializers.IntegerField(required=False, allow_null=True, default=_SPEC.latency_cap_ms)
    residency = serializers.CharField(required=False, allow_null=True, default=_SPEC.residency)


@extend_schema_field(SpecDocument)
class SpecField(serializers.JSONField):
    """A route specification; `routing.services.parse_spec` reads it, the document above only describes it."""


def parsing_spec(call: Callable[[], Result]) -> Result:
    """Run `call`, and name the faulty fields as they stand in the body."""
    try:
        return call()
    except SpecError as error:
        raise SpecError(errors={f"spec.{path}": texts for path, texts in error.errors.items()}) from error


def price_from(data: Mapping[str, int | None]) -> Price:
    """Validated prices as a value."""
    return Price(**{name: data.get(name) for name in PRICE_NAMES})
