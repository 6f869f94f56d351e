"""Sample payment files of the demo: one by others (`vendor/`), two of ours below and above the amount for approval."""

from pathlib import Path

APPROVAL_ABOVE = "1000.00"
_FOLDER = Path(__file__).parent
FILES = {
    "shared": _FOLDER / "vendor" / "pain001_001_08.xml",
    "below": _FOLDER / "payment-below-approval.xml",
    "above": _FOLDER / "payment-above-approval.xml",
}


def sample(name: str) -> bytes:
    """The bytes of one sample file."""
    return FILES[name].read_bytes()
