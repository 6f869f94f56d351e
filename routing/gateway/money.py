"""Money on the wire: nano-USD as a decimal text."""


def usd(nano: int) -> str:
    """Whole nano-USD as US dollars without loss and without trailing zeros: 1500000 -> 0.0015."""
    whole, rest = divmod(abs(nano), 1_000_000_000)
    sign = "-" if nano < 0 else ""
    return f"{sign}{whole}.{rest:09d}".rstrip("0").rstrip(".") if rest else f"{sign}{whole}"
