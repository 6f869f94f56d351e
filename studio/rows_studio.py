"""A pattern and a state of the Studio as what its templates show: links, words and figures, nothing left to compute."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.diagrams.patterns import View
from studio.pattern_pictures import said, twin
from studio.pattern_words import fit_words
from studio.snippets import Addresses, Snippet, snippet
from studio.story_figures import AT_REST, Gauge, assumed, calls_of, gauges
from studio.viewstate import LIST, Correction, ViewState
from workflows.domain.patterns import PLATFORM_NAMES, PLATFORMS, Node, Pattern, Scenario, changes

MANY_NODES = 60  # above this the list is shown first and the diagram is asked for
PLATFORM_KEYS = {"cloudflare": "c", "azure": "z", "aws": "a", "gcp": "g", "onprem": "o"}
FIT_LOOKS = {"native": "good", "emulated": "warn", "none": "bad"}
STATE_LOOKS = {
    "active": "live",
    "waiting": "wait",
    "done": "good",
    "failed": "bad",
    "undone": "compensated",
    "hit": "calm",
    "won": "good",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of a control: a link, or a radio button."""

    value: str
    label: str
    url: str
    active: bool
    key: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLine:
    """A node on one platform."""

    platform: str
    platform_label: str
    service: str
    how: str
    limits: str
    fit: str
    fit_label: str
    fit_look: str
    doc: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeLine:
    """An edge as a sentence, leading to the node at its other end."""

    id: str
    sentence: str
    target: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLine:
    """A node with its five services and the edges that leave it."""

    id: str
    label: str
    name: str
    role: str
    zone: str
    url: str
    services: Sequence[ServiceLine]
    edges: Sequence[EdgeLine]
    state: str
    state_look: str
    snippet: Snippet | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatLine:
    """A beat of the story as a sentence with a link, and what the player needs to move it: `states` that change."""

    number: int
    say: str
    url: str
    active: bool
    edges: str
    back: bool
    states: str
    milliseconds: int
    calls: int
    gauge: Gauge


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A scenario with all its beats."""

    id: str
    title: str
    active: bool
    beats: Sequence[BeatLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformView:
    """The whole pattern on one platform: how many nodes fit how well, what changes on the way from the first one."""

    id: str
    label: str
    active: bool
    fits: Sequence[tuple[str, str, int]]
    from_default: str
    unmatched: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternView:
    """One pattern as the page shows it: everything that is exchanged when another one is chosen."""

    slug: str
    title: str
    summary: str
    use_when: Sequence[str]
    avoid_when: Sequence[str]
    trade_offs: Sequence[str]
    caption: str
    portable: str
    platforms: Sequence[PlatformView]
    nodes: Sequence[NodeLine]
    edge_count: int
    stories: Sequence[Story]
    zones: Sequence[tuple[str, Sequence[NodeLine]]]
    beat: BeatLine | None
    listed: bool
    many: bool
    router: str
    assumed: str

    @property
    def platform(self) -> str:
        """The id of the platform that is shown."""
        return next(one.id for one in self.platforms if one.active)

    @property
    def story(self) -> Story:
        """The scenario that is shown."""
        return next(one for one in self.stories if one.active)

    @property
    def gauge(self) -> Gauge:
        """The figures at the beat that is shown."""
        return self.beat.gauge if self.beat else AT_REST


def platform_label(platform: str) -> str:
    """The name of a platform; all but one are proper names."""
    return _("On-premise") if platform == "onprem" else PLATFORM_NAMES[platform]


def pattern_view(pattern: Pattern, state: ViewState, view: View, *, addresses: Addresses | None = None) -> PatternView:
    """A pattern in a state; `view` carries a configuration's own names. With `addresses` its nodes show code."""
    nodes = list(_nodes(pattern, state, view, addresses))
    stories = [_story(pattern, one, state) for one in pattern.scenarios]
    story = next(one for one in stories if one.active)
    many = len(nodes) > MANY_NODES
    return PatternView(
        slug=pattern.slug,
        title=said(pattern.title),
        summary=said(pattern.summary),
        use_when=[said(one) for one in pattern.use_when],
        avoid_when=[said(one) for one in pattern.avoid_when],
        trade_offs=[said(one) for one in pattern.trade_offs],
        caption=said(pattern.captions["cloudflare"]),
        portable=said(pattern.captions["portable"]),
        platforms=[_platform(pattern, one, state) for one in PLATFORMS],
        nodes=nodes,
        edge_count=len(pattern.edges),
        stories=stories,
        zones=[(said(label), [one for one in nodes if one.zone == zone]) for zone, label in pattern.zones.items()],
        beat=story.beats[state.beat - 1] if state.beat else None,
        listed=state.view == LIST or (many and not state.view),
        many=many,
        router=pattern.router,
        assumed=assumed(),
    )


def pattern_choices(patterns: Sequence[Pattern], state: ViewState) -> list[Choice]:
    """The five stations. What stands in brackets behind a title is a note to it."""
    return [
        Choice(
            value=one.slug,
            label=said(one.title).partition(" (")[0],
            note=said(one.title).partition(" (")[2].removesuffix(")"),
            url="?" + state.query(pattern=one.slug),
            active=one.slug == state.pattern,
            key=str(one.number),
        )
        for one in patterns
    ]


def platform_choices(state: ViewState) -> list[Choice]:
    """The five platforms."""
    return [
        Choice(
            value=one,
            label=platform_label(one),
            url="?" + state.query(platform=one),
            active=one == state.platform,
            key=PLATFORM_KEYS[one],
        )
        for one in PLATFORMS
    ]


def correction_words(corrections: Sequence[Correction], view: PatternView) -> list[str]:
    """A word about each value of the address that is not known."""
    labels = {one.id: one.label for one in view.nodes} | {one.id: one.title for one in view.stories}
    labels |= {one.id: one.label for one in view.platforms}
    return [
        _correction(one) % {"given": one.given, "shown": labels.get(one.shown, one.shown), "title": view.title}
        for one in corrections
    ]


def _correction(correction: Correction) -> str:
    sentences = {
        "pattern": _("There is no pattern “%(given)s”. This is %(title)s."),
        "platform": _("There is no platform “%(given)s”. This is %(shown)s."),
        "scenario": _("There is no scenario “%(given)s”. This is “%(shown)s”."),
        "beat": _("This scenario has no beat “%(given)s”. This is beat %(shown)s."),
        "node": _("This pattern has no node “%(given)s”."),
        "view": _("There is no view “%(given)s”."),
        "won": _("A simulation cannot end with “%(given)s” here."),
    }
    if correction.parameter == "node" and correction.shown:
        return _("This pattern has no node “%(given)s”. The nearest is “%(shown)s”.")
    if correction.parameter == "won" and correction.shown:
        return _("A simulation cannot end with “%(given)s” here. The nearest is “%(shown)s”.")
    return sentences[correction.parameter]


def _nodes(pattern: Pattern, state: ViewState, view: View, addresses: Addresses | None) -> Iterator[NodeLine]:
    words, moment = twin(pattern, view), view.moment(pattern)
    for node, row in zip(pattern.nodes, words.nodes, strict=True):
        edges = [
            EdgeLine(id=line.id, sentence=line.sentence, target=edge.target, url="?" + state.query(node=edge.target))
            for edge, line in zip(pattern.edges, words.lines, strict=True)
            if edge.source == node.id
        ]
        yield NodeLine(
            id=node.id,
            label=said(node.label),
            name=view.names.get(node.id, ""),
            role=said(node.role),
            zone=node.zone,
            url="?" + state.query(node=node.id),
            services=list(_services(node, state)),
            edges=edges,
            state=row.state,
            state_look=STATE_LOOKS.get(moment.states[node.id], "") if moment else "",
            snippet=snippet(pattern, node, addresses) if addresses else None,
        )


def _services(node: Node, state: ViewState) -> Iterator[ServiceLine]:
    for platform in PLATFORMS:
        one = node.services[platform]
        yield ServiceLine(
            platform=platform,
            platform_label=platform_label(platform),
            service=one.service,
            how=said(one.how),
            limits=said(one.limits),
            fit=one.fit,
            fit_label=fit_words()[one.fit],
            fit_look=FIT_LOOKS[one.fit],
            doc=one.doc,
            active=platform == state.platform,
        )


def _story(pattern: Pattern, scenario: Scenario, state: ViewState) -> Story:
    here = scenario.id == state.scenario
    return Story(
        id=scenario.id,
        title=said(scenario.title),
        active=here,
        beats=[
            _beat(pattern, scenario, number, gauge, state)
            for number, gauge in enumerate(gauges(pattern, scenario), start=1)
        ],
    )


def _beat(pattern: Pattern, scenario: Scenario, number: int, gauge: Gauge, state: ViewState) -> BeatLine:
    beat = scenario.beats[number - 1]
    before = scenario.beats[number - 2].states if number > 1 else {}
    return BeatLine(
        number=number,
        say=said(beat.say),
        url="?" + state.query(scenario=scenario.id, beat=number),
        active=(scenario.id, number) == (state.scenario, state.beat),
        edges=" ".join(beat.edges),
        back=beat.back,
        states=" ".join(f"{node}:{now}" for node, now in beat.states.items() if now != before.get(node, "idle")),
        milliseconds=beat.milliseconds,
        calls=calls_of(pattern, beat),
        gauge=gauge,
    )


def _platform(pattern: Pattern, platform: str, state: ViewState) -> PlatformView:
    fits = [node.services[platform].fit for node in pattern.nodes]
    return PlatformView(
        id=platform,
        label=platform_label(platform),
        active=platform == state.platform,
        fits=[(fit, label, fits.count(fit)) for fit, label in fit_words().items() if fit in fits],
        from_default="" if platform == PLATFORMS[0] else _move_said(pattern, PLATFORMS[0], platform),
        unmatched=" ".join(node.id for node in pattern.nodes if node.services[platform].fit == "none"),
    )


def _move_said(pattern: Pattern, origin: str, platform: str) -> str:
    """“7 of 9 change, 1 has no close match.”"""
    found, words = changes(pattern, origin, platform), move_words()
    changed, unmatched = len(found.changed), len(found.no_match)
    moved = words["moved"][changed != 1].replace("{count}", str(changed)).replace("{all}", str(found.nodes))
    without = words["without"][unmatched != 1].replace("{count}", str(unmatched)) if unmatched else words["all"][0]
    return f"{moved}, {without}."


def move_words() -> dict[str, list[str]]:
    """The sentence about a change of platform in parts, for one and for many; the page says it of any two."""
    return {
        "moved": [ngettext("{count} of {all} changes", "{count} of {all} change", number) for number in (1, 2)],
        "without": [ngettext("{count} has no close match", "{count} have no close match", number) for number in (1, 2)],
        "all": [_("each has a match")],
    }
