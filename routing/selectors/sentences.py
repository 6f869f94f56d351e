"""Sentences about a decision, in the reader's language. A code that is not known here shows as itself."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_REASONS: Final[Mapping[str, Any]] = {
    "first_in_order": gettext_lazy("The first candidate of the route could serve the request."),
    "later_in_order": gettext_lazy("The candidates before it could not serve the request."),
    "only_eligible": gettext_lazy("It was the only candidate that could serve the request."),
    "lowest_cost": gettext_lazy("It had the lowest expected cost."),
    "lowest_latency": gettext_lazy("It had the lowest recent latency."),
    "kept_incumbent": gettext_lazy("It served before, and no other candidate was clearly better."),
    "best_balance": gettext_lazy("It had the best balance of cost, latency and quality."),
    "under_latency_cap": gettext_lazy("The better candidates were slower than the route allows."),
    "difficulty_easy": gettext_lazy("The prompt looked easy, so the cheapest candidate for easy prompts was taken."),
    "difficulty_hard": gettext_lazy("The prompt looked hard, so the best candidate for hard prompts was taken."),
    "difficulty_unsure": gettext_lazy("The difficulty was not certain, so the route's choice for that case was taken."),
    "difficulty_tier_unavailable": gettext_lazy("No candidate for this difficulty could serve, so another was taken."),
    "last_resort": gettext_lazy("All candidates were resting after failures; the one due first was tried anyway."),
    "no_candidate": gettext_lazy("No candidate could serve the request."),
}
_RULES: Final[Mapping[str, Any]] = {
    "allowed": gettext_lazy("The key may not use this route."),
    "enabled": gettext_lazy("The deployment is switched off."),
    "residency": gettext_lazy("The data must stay in %(need)s; this deployment is in %(have)s."),
    "streaming": gettext_lazy("The request wants a stream, which this model does not give."),
    "tools": gettext_lazy("The request brings tools, which this model does not use."),
    "json": gettext_lazy("The request wants JSON, which this model does not guarantee."),
    "vision": gettext_lazy("The request holds %(need)s images or files, which this model does not read."),
    "output": gettext_lazy("The request asks for %(need)s output tokens; this model gives at most %(have)s."),
    "context": gettext_lazy("The request needs about %(need)s tokens; this model takes at most %(have)s."),
    "priced": gettext_lazy("Its price is not known, and the key has a hard budget."),
    "bounded": gettext_lazy("The cost has no upper bound (%(need)s), and the key has a hard budget."),
    "health": gettext_lazy("It is resting after failures (%(have)s)."),
}


def reason_text(code: str) -> str:
    """Why the winner won."""
    return str(_REASONS.get(code, code))


def failure_text(rule: str, need: Any, have: Any) -> str:
    """Why a candidate was dropped."""
    if rule not in _RULES:
        return rule
    return str(_RULES[rule]) % {"need": _shown(need), "have": _shown(have)}


def refusal_text(refusal: Mapping[str, Any] | None) -> str:
    """Why nobody served the request; empty when somebody did."""
    if refusal is None:
        return ""
    text = _("Every candidate was dropped. Nearest to serving was one that failed the rule “%(rule)s”.")
    return text % {"rule": refusal["rule"]}


def margin_text(margin: Mapping[str, Any] | None) -> str:
    """By how much the winner won."""
    if margin is None:
        return ""
    return _("It won by %(amount)s.") % {"amount": _amount(margin["unit"], margin["by"])}


def counterfactual_text(change: Mapping[str, Any] | None, names: Sequence[str]) -> str:
    """The smallest change after which another candidate would have served."""
    if change is None:
        return ""
    then = change.get("then")
    values = {"then": "" if then is None else names[then]}
    return _COUNTERFACTUALS.get(change["kind"], _by_strategy)(change, values, names)


def _by_filter(change: Mapping[str, Any], values: dict[str, str], names: Sequence[str]) -> str:
    values["why"] = failure_text(change["rule"], change["need"], change["have"])
    if change["others"]:
        return _("Nearest was %(then)s, which failed this and other rules: %(why)s") % values
    return _("Without this, %(then)s would have been a candidate: %(why)s") % values


def _by_absence(change: Mapping[str, Any], values: dict[str, str], names: Sequence[str]) -> str:
    values["candidate"] = names[change["candidate"]]
    if not values["then"]:
        return _("Without %(candidate)s nobody could have served.") % values
    return _("Without %(candidate)s, %(then)s would have served.") % values


def _by_difficulty(change: Mapping[str, Any], values: dict[str, str], names: Sequence[str]) -> str:
    band, by = change["band"], _amount("difficulty", change["by"])
    if "feature" not in change:
        return _("A difficulty that differs by %(by)s would have made it %(band)s.") % {"by": by, "band": band}
    text = _("A difficulty that differs by %(by)s would have made it %(band)s: for example %(feature)s at %(to)s.")
    return text % {"by": by, "band": band, "feature": change["feature"], "to": change["to"]}


def _by_strategy(change: Mapping[str, Any], values: dict[str, str], names: Sequence[str]) -> str:
    if "unit" not in change:
        return str(change["kind"])
    values["amount"] = _amount(change["unit"], change["by"])
    return _("%(then)s would have served if it had been better by more than %(amount)s.") % values


_COUNTERFACTUALS: Final[Mapping[str, Callable[[Mapping[str, Any], dict[str, str], Sequence[str]], str]]] = {
    "filter": _by_filter,
    "unavailable": _by_absence,
    "difficulty": _by_difficulty,
}


def _amount(unit: str, by: float) -> str:
    if unit == "nano_usd":
        return f"{number_format((Decimal(str(by)) / 10**9).normalize())} USD"
    if unit == "ms":
        return f"{number_format(f'{by:g}')} ms"
    if unit == "difficulty":
        return _("%(share)s points") % {"share": number_format(by * 100, 1)}
    return _("%(share)s of the score") % {"share": number_format(by, 3)}


def _shown(value: Any) -> str:
    if isinstance(value, int):
        return str(number_format(value, force_grouping=True))
    return _("not known") if value is None else str(value)
