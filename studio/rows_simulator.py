"""A simulation as it is shown: cards, ladder, table, and beside each number how it is known."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from routing.domain.explain import decision_to_dict
from routing.domain.simulation import MAX_ANSWER_TOKENS, Change, Figure, Simulation
from routing.selectors.explanation import Explanation, explain
from routing.selectors.simulation import WINDOW
from studio import formats
from studio.diagrams.outcome import outcome_of
from studio.presenters import Rung
from studio.rows_gateway import decision_table
from studio.terms import STRATEGY_NAMES
from workflows.patterns import patterns

SOURCES = {
    "measured": ("good", gettext_lazy("measured")),
    "catalogue": ("calm", gettext_lazy("catalogue")),
    "configured": ("calm", gettext_lazy("as configured")),
    "assumed": ("idle", gettext_lazy("assumed")),
}
CACHE_REASONS = {
    "repeat": gettext_lazy("The same request was answered before, and the answer was kept."),
    "first": gettext_lazy("Nobody has asked this before. The answer is kept for %(ttl)s; press Repeat."),
    "nothing_kept": gettext_lazy("The first call got no answer, so nothing was kept."),
    "route_off": gettext_lazy("The route keeps no answers."),
    "asked_off": gettext_lazy("Switched off for this simulation."),
    "web_search": gettext_lazy("Answers with web search are not kept."),
}
BANDS = {"easy": gettext_lazy("easy"), "hard": gettext_lazy("hard"), "unsure": gettext_lazy("not certain")}
UNSURE = {
    "between_cuts": gettext_lazy("between the cuts"),
    "unfitted_script": gettext_lazy("the score was not fitted for this script"),
    "no_text": gettext_lazy("no text"),
    "no_weights": gettext_lazy("no weights"),
}
CHANGED = {
    "strategy": gettext_lazy("strategy"),
    "cost_weight": gettext_lazy("weight of cost"),
    "latency_weight": gettext_lazy("weight of speed"),
    "quality_weight": gettext_lazy("weight of quality"),
    "latency_cap_ms": gettext_lazy("latency cap"),
    "residency": gettext_lazy("residency"),
    "cache_ttl_seconds": gettext_lazy("how long answers are kept"),
}


@dataclass(frozen=True, slots=True)
class Tagged:
    """A figure in words with its source: the look of the tag, its word, and more about it."""

    label: str
    value: str
    look: str
    source: str
    note: str = ""


def result(simulation: Simulation, *, demo: bool) -> dict[str, Any]:
    """Everything the result panel shows."""
    explanation = explain(decision_to_dict(simulation.decision))
    assert explanation is not None
    return {
        "demo": demo,
        "headline": _headline(simulation),
        "answered": simulation.answered is not None,
        "reason": _why(simulation, explanation),
        "margin": explanation.margin_text,
        "counterfactual": explanation.counterfactual_text,
        "refusal": explanation.refusal_text,
        "difficulty": _difficulty(explanation),
        "cards": _cards(simulation),
        "cache": simulation.cache,
        "cache_reason": _cache_reason(simulation),
        "can_repeat": simulation.cache == "miss"
        and simulation.cache_reason == "first"
        and simulation.answered is not None,
        "what_if": [_change(one) for one in simulation.what_if],
        "rungs": _rungs(simulation, explanation),
        "won": {one.slug: outcome_of(simulation, one) for one in patterns()},
        "sum": _sum(simulation),
        "table": _table(simulation, explanation),
        "assumptions": _assumptions(simulation, demo=demo),
        "prompt": simulation.request.prompt,
        "preset": bool(simulation.request.task),
        "tokens": simulation.decision.features.input_tokens_estimate,
        "simulation": simulation,
    }


def _difficulty(explanation: Explanation) -> str:
    """How hard the prompt looked; empty where the strategy does not ask."""
    found = explanation.difficulty
    if found is None:
        return ""
    why = f" ({UNSURE[found.why_unsure]})" if found.why_unsure else ""
    score = "" if found.score is None else f"{formats.number(found.score, 2)} · "
    return f"{score}{BANDS[found.band]}{why}"


def _name(simulation: Simulation, index: int) -> str:
    return simulation.decision.candidates[index].deployment.name


def _headline(simulation: Simulation) -> str:
    if simulation.cache == "hit":
        return _("The cache")
    return _("Nobody") if simulation.answered is None else _name(simulation, simulation.answered)


def _why(simulation: Simulation, explanation: Explanation) -> str:
    """Why it is the one of the headline: chosen, next in line after the chosen one failed, or out of the cache."""
    chosen = simulation.decision.winner
    if chosen is None:
        return explanation.reason_text
    values = {"name": chosen.name, "reason": explanation.reason_text}
    if simulation.cache == "hit":
        return _("Without the cache %(name)s would be asked. %(reason)s") % values
    if simulation.answered is None:
        return _("%(name)s was chosen and did not answer, nor did the next in line. %(reason)s") % values
    if simulation.answered != simulation.decision.ladder[0]:
        return _("%(name)s was chosen and did not answer; this one is next in line. %(reason)s") % values
    return explanation.reason_text


def _tagged(label: str, value: str, figure: Figure, note: str = "") -> Tagged:
    look, word = SOURCES[figure.source]
    return Tagged(label, value, look, _source(figure, str(word)), note)


def _source(figure: Figure, word: str) -> str:
    if figure.source != "measured" or not figure.samples:
        return word
    text = ngettext("measured: %(days)d d, %(count)s answer", "measured: %(days)d d, %(count)s answers", figure.samples)
    return text % {"days": WINDOW.days, "count": formats.number(figure.samples)}


def _cards(simulation: Simulation) -> list[Tagged]:
    p95 = _("95th percentile %(time)s") % {"time": _time(simulation.p95)}
    low, high = _money(simulation.cost_low), _money(simulation.cost_high)
    span = _("from %(low)s; at most %(high)s is held") % {"low": low, "high": high}
    waited = _("First token, median") if simulation.request.stream else _("Latency, median")
    cards = [
        _tagged(waited, _time(simulation.p50), simulation.p50, "" if simulation.p95.value is None else p95),
        _tagged(_("Estimated cost"), _money(simulation.cost), simulation.cost, span),
    ]
    if simulation.cache == "hit":
        text = _("what the first answer cost")
        cards.append(_tagged(_("Saved by the cache"), _money(simulation.saved), simulation.saved, text))
    cards.append(_saving(simulation))
    return cards


def _saving(simulation: Simulation) -> Tagged:
    spared, largest = simulation.spared, simulation.largest
    label = _("Saved against always the largest")
    if spared.value is None or largest is None:
        return _tagged(label, "–", spared)
    whole = simulation.estimates[largest].cost.value or 0
    share = formats.percent(spared.value / whole) if whole else "–"
    if largest == simulation.answered and not spared.value:
        return _tagged(label, _money(spared), spared, _("this is the largest"))
    note = _("%(share)s of what %(name)s would cost") % {"share": share, "name": _name(simulation, largest)}
    return _tagged(label, _money(spared), spared, note)


def _time(figure: Figure) -> str:
    return "–" if figure.value is None else formats.duration(figure.value)


def _money(figure: Figure) -> str:
    return _("not known") if figure.value is None else formats.money(figure.value)


def _cache_reason(simulation: Simulation) -> str:
    text = str(CACHE_REASONS[simulation.cache_reason])
    return text % {"ttl": formats.duration(simulation.spec.cache_ttl_seconds * 1000)} if "%(" in text else text


def _change(change: Change) -> dict[str, str]:
    return {
        "name": str(CHANGED[change.name]),
        "before": _setting(change, change.before),
        "after": _setting(change, change.after),
    }


def _setting(change: Change, value: Any) -> str:
    if change.name == "strategy":
        return str(STRATEGY_NAMES[value])
    if value is None:
        return _("none")
    if change.name == "latency_cap_ms":
        return formats.duration(value)
    if change.name == "cache_ttl_seconds":
        return formats.duration(value * 1000) if value else _("not at all")
    return formats.number(value, 2) if isinstance(value, float) else str(value)


def _rungs(simulation: Simulation, explanation: Explanation) -> list[Rung]:
    """The climb as it would go: each try, what stands by behind it, what was dropped."""
    tries = [] if simulation.cache == "hit" else list(simulation.rehearsal.attempts)
    rungs = [_try(simulation, index) for index in range(len(tries))]
    tried = {one.candidate for one in tries}
    order = [
        *simulation.decision.ladder,
        *(i for i in range(len(explanation.candidates)) if i not in simulation.decision.ladder),
    ]
    for index in order:
        if index in tried:
            continue
        candidate = explanation.candidates[index]
        why = " ".join(cause.text for cause in candidate.causes)
        rungs.append(
            Rung(
                candidate.name,
                "dropped" if candidate.causes and candidate.rung is None else "standby",
                why,
                _rung_figures(simulation, index),
            )
        )
    return rungs


def _try(simulation: Simulation, number: int) -> Rung:
    attempt = simulation.rehearsal.attempts[number]
    name = _name(simulation, attempt.candidate)
    if not attempt.failed:
        after = (
            _("answers after %(time)s") % {"time": formats.duration(attempt.began_ms)}
            if attempt.began_ms
            else _("answers")
        )
        return Rung(name, "winner", after, _rung_figures(simulation, attempt.candidate))
    if attempt.outcome == "timeout":
        words = _("no byte for %(time)s, the route's limit; it may have run, so its hold of %(held)s is booked")
    else:
        words = _("answers 503 after %(time)s; its hold is given back")
    held = _("an unknown amount") if attempt.held is None else formats.money(attempt.held)
    why = words % {"time": formats.duration(attempt.took_ms), "held": held}
    if attempt.wait_ms:
        why += "; " + _("waits %(time)s before the next try") % {"time": formats.duration(attempt.wait_ms)}
    return Rung(name, "tried", why, formats.duration(attempt.took_ms))


def _rung_figures(simulation: Simulation, index: int) -> str:
    estimate = simulation.estimates[index]
    figures = ((estimate.cost, _money(estimate.cost)), (estimate.p50, _time(estimate.p50)))
    return " · ".join(_with_source(figure, value) for figure, value in figures)


def _with_source(figure: Figure, value: str) -> str:
    return f"{value} {SOURCES[figure.source][1]}"


def _sum(simulation: Simulation) -> str:
    """What the failures before the answer added."""
    rehearsal = simulation.rehearsal
    if simulation.cache == "hit":
        return _("Nobody is called. The first answer came from %(name)s.") % {
            "name": _name(simulation, simulation.answered or 0)
        }
    if not any(one.failed for one in rehearsal.attempts):
        return ""
    values = {
        "lost": formats.duration(rehearsal.lost_ms),
        "time": _time(simulation.p50),
        "cost": _money(simulation.cost),
    }
    if rehearsal.answered is None:
        return _("Nobody answers. The caller gets an error after %(lost)s, booked at %(cost)s.") % values
    return (
        _("%(lost)s are lost before the answer begins: %(time)s in all, %(cost)s with what failed tries are booked at.")
        % values
    )


def _table(simulation: Simulation, explanation: Explanation) -> dict[str, Any]:
    """The table as on a real request's page, with median and cost of each candidate and their sources in front."""
    table = decision_table(explanation)
    headings = [_("Latency, median"), _("Estimated cost")]
    for row, estimate in zip(table["candidates"], simulation.estimates, strict=True):
        figures = ((estimate.p50, _time(estimate.p50)), (estimate.cost, _money(estimate.cost)))
        row["parts"] = [*((value, SOURCES[figure.source][1]) for figure, value in figures), *row["parts"]]
    table["candidates"].sort(key=lambda row: (row["rank"] is None, row["rank"]))
    return {"candidates": table["candidates"], "parts": [*headings, *table["parts"]]}


def _assumptions(simulation: Simulation, *, demo: bool) -> list[str]:
    """What is taken for granted, in words."""
    features = simulation.decision.features
    found = [
        _("Tokens are estimated: %(given)s in, %(out)s out.")
        % {
            "given": formats.number(features.input_tokens_estimate),
            "out": formats.number(features.max_output_tokens or 0),
        },
        _("No candidate has served just before, so none is preferred as the present one."),
    ]
    if demo:
        found.append(
            _("Latencies and qualities are made up; prices are the catalogue's, except of the model on own servers.")
        )
    else:
        found.append(_("All circuits count as closed: each gateway process knows only its own."))
        found += _failures(simulation)
        if any(one.p50.source == "assumed" for one in simulation.estimates):
            found.append(_("What was not measured counts as one second, and no latency cap applies to it."))
    if not simulation.request.hard_budget:
        found.append(_("The key has no hard budget and may use the route."))
    return found


def _failures(simulation: Simulation) -> list[str]:
    """What failed lately in earnest, which the simulation itself does not assume."""
    text = _(
        "%(name)s failed in %(errors)s of %(count)s tries of the last 15 minutes. Mark it down to see what that means."
    )
    return [
        text % {"name": facts.name, "errors": formats.number(tries.errors), "count": formats.number(tries.count)}
        for id_, facts in simulation.decision.route.deployments.items()
        if (tries := simulation.stage.tries.get(id_)) is not None and tries.errors
    ]


def again_query(explanation: Explanation) -> dict[str, str]:
    """What the simulator's form is told of a recorded request; its text was not stored."""
    asked = explanation.request
    flags = {
        "s_tools": asked.get("has_tools"),
        "s_json": asked.get("wants_json"),
        "s_vision": asked.get("image_count"),
        "s_stream": asked.get("stream"),
    }
    most = asked.get("max_output_tokens") or 0
    length = {"s_answer": str(most)} if 0 < most <= MAX_ANSWER_TOKENS else {}
    return length | {name: "on" for name, value in flags.items() if value}
