"""What the Studio shows, as its address says it. Pure: a query in, a state out, and each value that was changed.

Every control of the page is a link or a form made of these names, so that any state can be shared, gone back to, and
read without script. A value that is not known is never an error: the nearest good one stands in for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlencode

from studio.diagrams.outcome import outcomes
from workflows.domain.patterns import PLATFORMS, Pattern, Scenario, nearest, nearest_beat

Parameter = Literal["pattern", "platform", "scenario", "beat", "node", "view", "won"]
LIST = "list"
DIAGRAM = "diagram"
MOST_LETTERS = 40  # of a value that is said back


@dataclass(frozen=True, slots=True)
class Correction:
    """A value of the address that is not known, and the one shown instead (empty: none)."""

    parameter: Parameter
    given: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewState:
    """One state of the page. Beat 0 is the picture before anything moves; `view` "" leaves the choice to the page.

    `won` is the outcome of a simulation that is lit in the drawing at rest, one of `studio.diagrams.outcome`.
    `configuration` is the one that is open under its own names; the address keeps it as it was given.
    """

    pattern: str
    platform: str
    scenario: str
    beat: int = 0
    node: str = ""
    view: Literal["", "list", "diagram"] = ""
    won: str = ""
    configuration: str = ""

    def query(self, **changes: Any) -> str:
        """The address of this state, or of a neighbour. Another pattern or scenario starts from its first picture.

        A moment of the story and the outcome of a simulation exclude each other.
        """
        if "pattern" in changes:
            changes = {"beat": 0, "node": "", "won": "", "configuration": "", **changes}
        if "scenario" in changes:
            changes = {"beat": 0, "won": "", **changes}
        if "beat" in changes:
            changes = {"won": "", **changes}
        state = replace(self, **changes)
        parts = {"pattern": state.pattern, "platform": state.platform, "scenario": state.scenario}
        optional = {"beat": state.beat, "node": state.node, "view": state.view, "won": state.won}
        optional["configuration"] = state.configuration
        return urlencode(parts | {name: value for name, value in optional.items() if value})


def view_state(query: Mapping[str, str], patterns: Sequence[Pattern]) -> tuple[ViewState, tuple[Correction, ...]]:
    """The state a query asks for; each value in it that is not known is replaced by the nearest that is."""
    reader = _Reader(query)
    numbers = {str(one.number): one.slug for one in patterns}
    slug = reader.one_of("pattern", [one.slug for one in patterns], patterns[0].slug, also=numbers)
    pattern = next(one for one in patterns if one.slug == slug)
    ids = [one.id for one in pattern.scenarios]
    scenario = reader.one_of("scenario", ids, ids[0])
    state = ViewState(
        pattern=slug,
        platform=reader.one_of("platform", PLATFORMS, PLATFORMS[0]),
        scenario=scenario,
        beat=reader.beat(next(one for one in pattern.scenarios if one.id == scenario)),
        node=reader.one_of("node", [one.id for one in pattern.nodes], ""),
        view=reader.one_of("view", (LIST, DIAGRAM), ""),  # type: ignore[arg-type]  # one of these or empty
    )
    state = replace(state, won=reader.outcome(outcomes(pattern), state.beat))
    return state, tuple(reader.corrections)


class _Reader:
    """Reads one value after the other and remembers what it had to change."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self.query = query
        self.corrections: list[Correction] = []

    def one_of(
        self, name: Parameter, known: Sequence[str], otherwise: str, *, also: Mapping[str, str] | None = None
    ) -> str:
        given = self.query.get(name, "").strip()
        if not given:
            return otherwise
        exact = (also or {}).get(given, given.lower())
        found = exact if exact in known else nearest(given, (otherwise, *known))
        if found != exact:
            self._changed(name, given, found)
        return found

    def beat(self, scenario: Scenario) -> int:
        given = self.query.get("beat", "").strip()
        if given in {"", "0"}:
            return 0
        shown = nearest_beat(given, scenario)
        if str(shown) != given:
            self._changed("beat", given, str(shown))
        return shown

    def outcome(self, known: Sequence[str], beat: int) -> str:
        """One that is known, and none beside a moment of the story."""
        given = self.query.get("won", "").strip()
        if not given or not beat:
            return self.one_of("won", known, "")
        self._changed("won", given, "")
        return ""

    def _changed(self, name: Parameter, given: str, shown: str) -> None:
        self.corrections.append(Correction(name, given[:MOST_LETTERS], shown))
