"""Figures as people read them: money from nano-USD, tokens, durations, shares and times in the language in use."""

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.formats import get_format
from django.utils.numberformat import format as write_number
from django.utils.translation import get_language, gettext, ngettext, pgettext

NANO = Decimal(1_000_000_000)
_CENT = Decimal("0.01")


def _grouped(value: int | float | Decimal, places: int) -> str:
    """In groups of three in every language; Django groups Vietnamese figures not at all."""
    point, comma = get_format("DECIMAL_SEPARATOR"), get_format("THOUSAND_SEPARATOR")
    return str(write_number(value, point, places, grouping=3, thousand_sep=comma, force_grouping=True))


def money(nano: int, *, exact: bool = False, places: int | None = None) -> str:
    """US dollars. Rounded for display only: cents from a dollar up, more places below; `exact` shows every digit."""
    amount = Decimal(nano) / NANO
    digits = _all_places(amount) if exact else _places(amount) if places is None else places
    rounded = amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    sign, figure = ("−" if rounded < 0 else ""), _grouped(abs(rounded), digits)
    return f"{sign}{figure} US$" if (get_language() or "").startswith("vi") else f"{sign}${figure}"


def _all_places(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(2, -exponent) if isinstance(exponent, int) else 2


def _places(amount: Decimal) -> int:
    size = abs(amount)
    if size == 0 or size >= 1:
        return 2
    if size >= _CENT:
        return 4
    return min(9, 1 - size.adjusted())


def number(value: int | float | Decimal, places: int = 0) -> str:
    """A grouped number."""
    return _grouped(value, places)


def compact(value: int) -> str:
    """A large count in four characters or so: 950, 12.4 k, 3.1 M."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            places = 0 if value % size == 0 else 1
            return f"{_grouped(Decimal(value) / size, places)} {unit}"
    return number(value)


def percent(share: float, places: int = 0) -> str:
    """A share of one as a percentage."""
    return f"{_grouped(share * 100, places)}%"


def duration(milliseconds: float) -> str:
    """A span of time with the two units that matter."""
    if 0 < milliseconds < 10:
        return f"{_grouped(milliseconds, 1)} ms"
    if milliseconds < 1_000:
        return f"{_grouped(milliseconds, 0)} ms"
    if milliseconds < 60_000:
        return f"{_grouped(milliseconds / 1_000, 1)} s"
    minutes, seconds = divmod(int(milliseconds // 1_000), 60)
    if minutes < 60:
        return gettext("%(minutes)d min %(seconds)02d s") % {"minutes": minutes, "seconds": seconds}
    hours, minutes = divmod(minutes, 60)
    return gettext("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": minutes}


def absolute(moment: datetime, *, seconds: bool = False) -> str:
    """A clock time in the zone in use (the tenant's), with the month in words."""
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    pattern = pgettext("date format", "j M Y, H:i:s") if seconds else pgettext("date format", "j M Y, H:i")
    return date_format(local, pattern)


def relative(moment: datetime, now: datetime) -> str:
    """How long ago or how soon, in the largest unit that fits."""
    gap = int((now - moment).total_seconds())
    ahead, size = gap < 0, abs(gap)
    if size < 45:
        return gettext("in a moment") if ahead else gettext("just now")
    if size < 3_570:
        return _minutes(max(1, round(size / 60)), ahead=ahead)
    if size < 84_600:
        return _hours(round(size / 3_600), ahead=ahead)
    if size < 45 * 86_400:
        return _days(round(size / 86_400), ahead=ahead)
    return absolute(moment)


def _minutes(count: int, *, ahead: bool) -> str:
    if ahead:
        return ngettext("in %(count)d minute", "in %(count)d minutes", count) % {"count": count}
    return ngettext("%(count)d minute ago", "%(count)d minutes ago", count) % {"count": count}


def _hours(count: int, *, ahead: bool) -> str:
    if ahead:
        return ngettext("in %(count)d hour", "in %(count)d hours", count) % {"count": count}
    return ngettext("%(count)d hour ago", "%(count)d hours ago", count) % {"count": count}


def _days(count: int, *, ahead: bool) -> str:
    if ahead:
        return ngettext("in %(count)d day", "in %(count)d days", count) % {"count": count}
    return ngettext("%(count)d day ago", "%(count)d days ago", count) % {"count": count}
