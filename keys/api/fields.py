"""Amounts in JSON: decimal text, in dollars for money and whole for requests. Never a float, never nano."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from keys.domain.limits import Meter
from keys.domain.money import DECIMAL_PLACES, nano_from_usd, usd_from_nano
from tenants.errors import Invalid

MAX_DIGITS = 19


def shown_amount(amount: int, meter: str) -> str:
    """An amount as text: dollars, or a number of requests."""
    return f"{usd_from_nano(amount):f}" if meter == Meter.COST else str(amount)


def read_amount(amount: Decimal, meter: str) -> int:
    """Text as sent to an amount of the meter; Invalid when it has a fraction of a request."""
    if meter == Meter.COST:
        return nano_from_usd(amount)
    if amount != amount.to_integral_value():
        raise Invalid(errors={"amount": [str(_("Requests are whole numbers."))]})
    return int(amount)


@extend_schema_field({"type": "string", "format": "decimal", "example": "12.50"})
class AmountField(serializers.Field[Decimal, Any, str, Any]):
    """An amount as sent: a decimal in text, dollars for money. JSON numbers are refused where they lose digits."""

    default_error_messages = {
        "invalid": _('Send a decimal number as text, for example "12.50".'),
        "range": _("Use an amount between 0 and one thousand million, with at most nine decimal places."),
    }

    def to_internal_value(self, data: Any) -> Decimal:
        """Text or whole number to Decimal."""
        if isinstance(data, bool) or not isinstance(data, str | int):
            self.fail("invalid")
        try:
            value = Decimal(str(data).strip()) if len(str(data)) <= 40 else Decimal("NaN")
        except InvalidOperation:
            self.fail("invalid")
        if not value.is_finite():
            self.fail("invalid")
        exponent = value.as_tuple().exponent
        if not 0 <= value <= 10**9 or not isinstance(exponent, int) or exponent < -DECIMAL_PLACES:
            self.fail("range")
        return value

    def to_representation(self, value: Any) -> str:
        """Not used: outputs know their meter."""
        raise NotImplementedError
