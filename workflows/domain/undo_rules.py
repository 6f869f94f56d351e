"""The rules of compensation and of the point of no return that a document can be checked for.

What undoes a task is not undone itself, waits for no event without an end, and cannot end the run. Before the pivot
every effect can be undone or says that there is nothing to undo (`compensate: []`); after it nothing asks for undoing
and nothing fails on purpose. Effects are: calls of connectors, and HTTP calls other than reads.
"""

from collections.abc import Iterator
from typing import Final

from workflows.domain.faults import Problem
from workflows.domain.sites import NAMESPACE, Path, Site, at

READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SINGLE: Final = frozenset({"do", "try"})  # what may be around a pivot: it happens once
KEYS: Final = {
    "compensate": ("call", "emit", "do", "for", "fork", "try"),
    "pivot": ("call",),
    "idempotencyKey": ("call",),
    "dispatch": ("call",),
    "concurrency": ("for", "fork"),
}


def _(text: str) -> str:
    """Mark for translation."""
    return text


def undo_problems(sites: list[Site]) -> Iterator[Problem]:
    functions = {str(site.path[2]) for site in sites if site.path[:2] == ("use", "functions")}
    for site in sites:
        yield from _placed(site)
        if site.policy and str(site.body.get("call")) in functions:
            text = _("A call of a function of one's own has no effect itself.")
            fix = _("Say this in the function, on the task that has it.")
            yield Problem(path=(*site.path, "metadata", NAMESPACE), text=text, fix=fix, on_key=True)
        if "compensate" in site.within:
            yield from _handler_problems(site)
    pivots = [site for site in sites if site.policy.get("pivot") is True and "compensate" not in site.within]
    for pivot in pivots:
        yield from _pivot_place(pivot, first=pivot is pivots[0])
    if len(pivots) == 1 and set(pivots[0].within) <= SINGLE:
        yield from _around_pivot(pivots[0], sites)


def _path(site: Site, key: str) -> Path:
    return (*site.path, "metadata", NAMESPACE, key)


def _placed(site: Site) -> Iterator[Problem]:
    """Each key of our metadata stands only on the kinds of task it means something for."""
    for key, kinds in KEYS.items():
        if key in site.policy and site.kind is not None and site.kind not in kinds:
            text = _("“%(key)s” means nothing on a task of kind “%(kind)s”.")
            fix = _("Put it on a task of kind: %(kinds)s.")
            data = {"key": key, "kind": site.kind, "kinds": ", ".join(kinds)}
            yield Problem(path=_path(site, key), text=text, fix=fix, data=data, on_key=True)


def _handler_problems(site: Site) -> Iterator[Problem]:
    for key in ("compensate", "pivot"):
        if key in site.policy:
            text = _("What undoes a task is not undone itself: “%(key)s” is not allowed here.")
            yield Problem(path=_path(site, key), text=text, data={"key": key}, on_key=True)
    if site.kind == "listen" and "timeout" not in site.body:
        text = _("A compensation cannot wait for an event without an end.")
        yield Problem(path=site.path, text=text, fix=_("Give the task a timeout."), on_key=True)


def _pivot_place(pivot: Site, *, first: bool) -> Iterator[Problem]:
    if not first:
        text = _("There is a second point of no return.")
        yield Problem(path=_path(pivot, "pivot"), text=text, fix=_("Keep one."), on_key=True)
    elsewhere = [around for around in pivot.within if around not in SINGLE]
    if elsewhere:
        text = _(
            "The point of no return cannot be inside “%(around)s”, where it may happen several times or not at all."
        )
        yield Problem(path=_path(pivot, "pivot"), text=text, data={"around": elsewhere[0]}, on_key=True)


def _around_pivot(pivot: Site, sites: list[Site]) -> Iterator[Problem]:
    place = sites.index(pivot)
    declared = [site.path for site in sites if "compensate" in site.policy]
    for site in sites[:place]:
        if _is_around(site.path, pivot) and site.policy.get("compensate"):
            yield _never_undone(site, _("“%(name)s” is around the point of no return, so nothing will undo it."))
        elif not _stands_apart(site) and _has_effect(site) and not any(_covers(path, site) for path in declared):
            text = _("“%(name)s” has an effect before the point of no return and cannot be undone.")
            fix = _("Add metadata.orchestration.compensate, or an empty list if there is nothing to undo.")
            yield Problem(path=site.path, text=text, fix=fix, data={"name": site.name}, on_key=True)
    for site in sites[place + 1 :]:
        if not _stands_apart(site):
            yield from _after_pivot(site, pivot)


def _after_pivot(site: Site, pivot: Site) -> Iterator[Problem]:
    if site.policy.get("compensate"):
        yield _never_undone(site, _("“%(name)s” comes after the point of no return, so nothing will undo it."))
    asks = str(site.body.get("call")).startswith("approval:")
    if site.kind == "raise" and not _handles_failure(site, pivot):
        text = _("“%(name)s” fails on purpose after the point of no return.")
        yield Problem(path=site.path, text=text, data={"name": site.name}, on_key=True)
    if asks and not _handles_failure(site, pivot):
        text = _("“%(name)s” asks for approval after the point of no return, where a “no” could not be followed.")
        yield Problem(path=site.path, text=text, data={"name": site.name}, on_key=True)


def _never_undone(site: Site, text: str) -> Problem:
    path = _path(site, "compensate")
    return Problem(path=path, text=text, fix=_("Remove compensate."), data={"name": site.name}, on_key=True)


def _is_around(path: Path, site: Site) -> bool:
    return len(path) < len(site.path) and site.path[: len(path)] == path


def _covers(path: Path, site: Site) -> bool:
    """Whether the task at `path` that says how it is undone is the task itself, or a block around it."""
    return site.path[: len(path)] == path


def _handles_failure(site: Site, pivot: Site) -> bool:
    """In a catch around the pivot: it runs when the pivot failed, so the point was not passed."""
    return any(
        site.path[: len(around) + 1] == (*around, "catch")
        for end in range(1, len(pivot.path))
        if pivot.path[end] == "try" and (around := pivot.path[:end])
    )


def _stands_apart(site: Site) -> bool:
    return "compensate" in site.within or "function" in site.within


def _has_effect(site: Site) -> bool:
    called = site.body.get("call")
    if called == "http":
        return str(at(site.body, ("with", "method"))).upper() not in READS
    return isinstance(called, str) and called.partition(":")[0] == "connector"
