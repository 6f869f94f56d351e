"""Short forms of an answer, so that a platform's table reads as a table."""

from typing import Final

from workflows.platforms.contract import Answer, Source, Verdict

VERIFIED: Final = Source.VERIFIED
DOCUMENTED: Final = Source.DOCUMENTED
ASSUMED: Final = Source.ASSUMED
NATIVE: Final = Verdict.NATIVE
EMULATED: Final = Verdict.EMULATED
REFUSED: Final = Verdict.REFUSED


def native(construct: str, source: Source = ASSUMED, *, limit: str = "") -> Answer:
    """The platform's own construct does it."""
    return Answer(verdict=NATIVE, construct=construct, limit=limit, source=source)


def emulated(why: str, source: Source = ASSUMED, *, construct: str = "", limit: str = "") -> Answer:
    """Something makes up for what is missing."""
    return Answer(verdict=EMULATED, construct=construct, why=why, limit=limit, source=source)


def refused(why: str, source: Source = ASSUMED) -> Answer:
    """It is not exported."""
    return Answer(verdict=REFUSED, why=why, source=source)
