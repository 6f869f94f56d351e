"""Nano-USD to decimal text and back, without loss. Pure."""

from decimal import Decimal
from typing import Final

NANO: Final = 10**9


def usd(nano: int) -> str:
    """Nano-USD as dollars without trailing zeros: 1500000 -> 0.0015."""
    text = f"{abs(nano) // NANO}.{abs(nano) % NANO:09d}".rstrip("0").rstrip(".")
    return f"-{text}" if nano < 0 else text


def nano_usd(amount: Decimal) -> int:
    """Dollars as nano-USD; ValueError for what is finer."""
    exact = amount * NANO
    if exact != exact.to_integral_value():
        raise ValueError(f"{amount} USD is finer than a nano-dollar")
    return int(exact)
