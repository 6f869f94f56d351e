"""Money is a whole number of nano-USD inside; decimal dollars exist at the edges only."""

from decimal import Decimal

NANO_PER_USD = 1_000_000_000
DECIMAL_PLACES = 9


def nano_from_usd(usd: Decimal) -> int:
    """Dollars to nano-USD; more than nine decimal places is an error, never a rounding."""
    nano = usd * NANO_PER_USD
    if nano != nano.to_integral_value():
        raise ValueError("money has at most nine decimal places")
    return int(nano)


def usd_from_nano(nano: int) -> Decimal:
    """Nano-USD to dollars, exact, without trailing zeros beyond cents."""
    usd = (Decimal(nano) / NANO_PER_USD).normalize()
    cents = Decimal("0.01")
    return usd.quantize(cents) if usd == usd.quantize(cents) else usd


def usd_text(nano: int) -> str:
    """Nano-USD as dollars on the wire, without loss and without trailing zeros: 1500000 -> 0.0015."""
    whole, rest = divmod(abs(nano), NANO_PER_USD)
    sign = "-" if nano < 0 else ""
    return f"{sign}{whole}.{rest:09d}".rstrip("0").rstrip(".") if rest else f"{sign}{whole}"
