"""The drawing of a definition: every task once, the way back only where there is something to undo."""

from xml.etree import ElementTree

from studio.diagrams.plans import MOST_DRAWN, MOST_STEPS, Step, folded, plan_diagram, plan_groups


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


def places(*steps: Step) -> dict[str, tuple[float, float]]:
    """Left upper corner of each box, by name."""
    found = {}
    for group in drawn(*steps).iter("g"):
        rect = group.find("rect")
        if rect is not None:
            found[group.find("text").text or ""] = (float(rect.get("x", 0)), float(rect.get("y", 0)))  # type: ignore[union-attr]
    return found


def test_branches_of_a_fork_stand_beside_each_other_and_what_follows_below_the_longest() -> None:
    found = places(
        step("both", parallel=True), step("left", 1, branch=True), step("right", 1, branch=True), step("more", 2),
        step("after"),
    )  # fmt: skip
    assert found["left"][1] == found["right"][1] > found["both"][1]
    assert found["right"][0] > found["left"][0] + 236
    assert found["after"][0] == found["both"][0]
    assert found["after"][1] > found["more"][1] > found["right"][1]


def test_a_branch_that_holds_a_fork_takes_the_room_it_needs() -> None:
    found = places(
        step("outer", parallel=True), step("inner", 1, parallel=True), step("a", 2), step("b", 2), step("wide", 1)
    )
    assert found["wide"][0] > found["b"][0] + 236


def test_a_large_plan_is_folded_to_its_outer_tasks_with_their_number() -> None:
    steps = [step("each"), *(step(f"inner-{at}", 1) for at in range(MOST_STEPS)), step("last")]
    assert [(one.name, one.inside) for one in folded(steps)] == [("each", MOST_STEPS), ("last", 0)]
    assert len(folded(steps[:MOST_STEPS])) == MOST_STEPS


def test_five_hundred_tasks_are_drawn_when_all_are_asked_for_and_no_more() -> None:
    steps = [step("each"), *(step(f"inner-{at}", 1) for at in range(MOST_DRAWN))]
    assert folded(steps[:MOST_DRAWN], MOST_DRAWN) == steps[:MOST_DRAWN]
    assert [one.inside for one in folded(steps, MOST_DRAWN)] == [MOST_DRAWN]
    assert len(list(drawn(*steps[:MOST_DRAWN]).iter("rect"))) == MOST_DRAWN


def test_a_part_is_the_same_alone_as_in_the_whole() -> None:
    steps = [step("a"), step("b", state="live")]
    assert all(part in plan_diagram(steps, "Diagram") for part in plan_groups(steps))
