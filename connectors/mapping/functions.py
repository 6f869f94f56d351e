"""The named functions of mapping rules. Each is total: it gives a value or raises `FunctionFault`, nothing else.

    minor_units:2    "10.00" -> 1000          major_units:2    1000 -> "10.00"
    pad_left:10:0    "970" -> "0000000970"    strip_left:10:0  "0000000970" -> "970"
    date_compact     "2026-01-31" -> "20260131"    date_iso    "20260131" -> "2026-01-31"
    flag:J:N         true -> "J"              unflag:J:N       "J" -> true
    text             7 -> "7"                 integer          "7" -> 7
    trim, upper, lower                        (cannot be turned round)

Amounts are text or whole numbers, never binary fractions: `19.99 * 100` is not 1999 there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

from connectors.domain.texts import _

MAX_DIGITS = 18
MAX_TEXT = 10_000
_AMOUNT = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")


class FunctionFault(ValueError):
    """The value does not fit the function; the text names the rule, never the value."""


@dataclass(frozen=True, slots=True)
class Function:
    """How a named function acts, how many arguments it takes, and which one turns it round."""

    apply: Callable[..., Any]
    arguments: int = 0
    inverse: str = ""


def minor_units(value: Any, exponent: str) -> int:
    """Exact amount text or whole number to minor units."""
    places = _number(exponent, most=6)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise FunctionFault('send the amount as text, for example "10.00"')
    text = value if isinstance(value, str) else format(value, "f")
    if not _AMOUNT.fullmatch(text):
        raise FunctionFault("not an amount")
    try:
        scaled = _EXACT.scaleb(Decimal(text), places)
        whole = scaled.to_integral_exact(context=_EXACT)
    except (Inexact, InvalidOperation) as error:
        raise FunctionFault(f"an amount with more than {places} decimal places") from error
    if len(whole.as_tuple().digits) > MAX_DIGITS:
        raise FunctionFault("an amount of too many digits")
    return int(whole)


def major_units(value: Any, exponent: str) -> str:
    """Minor units to exact amount text with all its decimal places."""
    places = _number(exponent, most=6)
    whole = _whole(value)
    digits = str(abs(whole)).rjust(places + 1, "0")
    sign = "-" if whole < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def pad_left(value: Any, width: str, filler: str) -> str:
    """Text filled to a fixed width; text that starts with the filler would not come back and is refused."""
    size, text = _number(width, most=200), _text(value)
    if len(filler) != 1 or not text or len(text) > size or (text.startswith(filler) and text != filler):
        raise FunctionFault(f"does not fit {size} places filled with {filler!r}")
    return text.rjust(size, filler)


def strip_left(value: Any, width: str, filler: str) -> str:
    """Text without what `pad_left` put before it."""
    size, text = _number(width, most=200), _text(value)
    if len(text) != size:
        raise FunctionFault(f"not {size} places long")
    return text.lstrip(filler) or filler


def date_compact(value: Any) -> str:
    """ISO date to the form without dashes."""
    return _date(_text(value), dashed=True).strftime("%Y%m%d").rjust(8, "0")


def date_iso(value: Any) -> str:
    """Date without dashes to ISO."""
    return _date(_text(value), dashed=False).isoformat()


def flag(value: Any, yes: str, no: str) -> str:
    """True and false to the core's two codes."""
    if not isinstance(value, bool):
        raise FunctionFault("not true or false")
    return yes if value else no


def unflag(value: Any, yes: str, no: str) -> bool:
    """The core's two codes to true and false."""
    if value not in (yes, no):
        raise FunctionFault("not one of the two codes")
    return bool(value == yes)


def text(value: Any) -> str:
    """Whole number to text."""
    return str(_whole(value))


def integer(value: Any) -> int:
    """Text to a whole number, written in the one usual way so that it comes back the same."""
    if isinstance(value, str):
        if not _WHOLE.fullmatch(value) or value == "-0":
            raise FunctionFault("not a whole number")
        return int(value)
    return _whole(value)


FUNCTIONS: dict[str, Function] = {
    "minor_units": Function(minor_units, 1, "major_units"),
    "major_units": Function(major_units, 1, "minor_units"),
    "pad_left": Function(pad_left, 2, "strip_left"),
    "strip_left": Function(strip_left, 2, "pad_left"),
    "date_compact": Function(date_compact, 0, "date_iso"),
    "date_iso": Function(date_iso, 0, "date_compact"),
    "flag": Function(flag, 2, "unflag"),
    "unflag": Function(unflag, 2, "flag"),
    "text": Function(text, 0, "integer"),
    "integer": Function(integer, 0, "text"),
    "trim": Function(lambda value: _text(value).strip()),
    "upper": Function(lambda value: _text(value).upper()),
    "lower": Function(lambda value: _text(value).lower()),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One function of a rule with its arguments."""

    name: str
    arguments: tuple[str, ...] = ()

    def apply(self, value: Any) -> Any:
        return FUNCTIONS[self.name].apply(value, *self.arguments)

    def inverse(self) -> "Step | None":
        """The step that undoes this one; None when nothing does."""
        name = FUNCTIONS[self.name].inverse
        return Step(name, self.arguments) if name else None

    def __str__(self) -> str:
        return ":".join((self.name, *self.arguments))


def parse_step(written: str) -> Step:
    """Read `name:argument:argument`; FunctionFault names what is unknown."""
    name, *arguments = written.split(":")
    known = FUNCTIONS.get(name)
    if known is None:
        raise FunctionFault(
            _("Unknown function %(name)s. Known: %(known)s.", name=name, known=", ".join(sorted(FUNCTIONS)))
        )
    if len(arguments) != known.arguments:
        raise FunctionFault(_("%(name)s takes %(count)s arguments.", name=name, count=known.arguments))
    return Step(name, tuple(arguments))


def _number(argument: str, *, most: int) -> int:
    if not argument.isascii() or not argument.isdecimal() or int(argument) > most:
        raise FunctionFault(f"the argument must be a number up to {most}")
    return int(argument)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 10**MAX_DIGITS:
        raise FunctionFault("not a whole number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise FunctionFault("not a text")
    return value


def _date(written: str, *, dashed: bool) -> date:
    pattern = r"\d{4}-\d{2}-\d{2}" if dashed else r"\d{8}"
    if not re.fullmatch(pattern, written, re.ASCII):
        raise FunctionFault("not a date")
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise FunctionFault("not a date") from error
