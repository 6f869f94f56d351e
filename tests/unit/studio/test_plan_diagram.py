"""The drawing of a definition: every task once, the way back only where there is something to undo."""

from xml.etree import ElementTree

from studio.diagrams.plans import Step, plan_diagram


def drawn(*steps: Step) -> ElementTree.Element:
    return ElementTree.fromstring(plan_diagram(steps, "Diagram"))


def words(picture: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in picture.iter("text")]


def paths(picture: ElementTree.Element, kind: str) -> int:
    return sum(f"w-{kind}" in one.get("class", "").split() for one in picture.iter("path"))


def step(name: str, depth: int = 0, **more: object) -> Step:
    return Step(name=name, depth=depth, kind="call", **more)  # type: ignore[arg-type]


def test_every_task_is_named_with_its_kind() -> None:
    assert words(drawn(step("reserve"), step("book"))) == ["reserve", "call", "book", "call"]


def test_a_plan_without_compensation_has_no_way_back() -> None:
    assert paths(drawn(step("a"), step("b")), "undo") == 0


def test_the_way_back_meets_each_task_that_is_undone() -> None:
    picture = drawn(step("a", undone=True), step("b"), step("c", undone=True))
    assert paths(picture, "undo") == 3
    assert len(list(picture.iter("polygon"))) == 2


def test_events_are_dashed() -> None:
    assert paths(drawn(step("listen", event="in"), step("emit", event="out")), "event") == 2


def test_what_was_not_reached_is_pale_and_what_goes_on_is_lit() -> None:
    boxes = [one.get("class") for one in drawn(step("a", state="live"), step("b", state="off")).iter("rect")]
    assert boxes == ["w-node w-lit", "w-node w-off"]


def test_names_cannot_become_markup() -> None:
    assert words(drawn(step("<script>")))[0] == "<script>"


def test_a_deep_plan_stays_as_wide_as_its_fifth_level() -> None:
    deep = drawn(*(step(str(depth), depth) for depth in range(12)))
    level = drawn(*(step(str(depth), min(depth, 5)) for depth in range(12)))
    assert deep.get("width") == level.get("width")


def test_an_empty_plan_is_a_line_from_start_to_end() -> None:
    assert words(drawn()) == []
