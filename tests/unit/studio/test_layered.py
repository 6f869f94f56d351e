"""Graphs that nobody placed: columns follow the arrows, neighbours stand near each other, circles do no harm."""

from itertools import pairwise

from studio.diagrams.graph import Box, Graph, Line, Words
from studio.diagrams.layered import arranged, layered
from studio.diagrams.patterns import graph_svg


def columns(ids: str, *pairs: str) -> dict[str, int]:
    return {node: place[0] for node, place in layered(list(ids), [(a, b) for a, b in pairs]).items()}


def test_each_box_stands_right_of_all_that_lead_to_it():
    assert columns("abcd", "ab", "bc", "ad", "dc", "ac") == {"a": 0, "b": 1, "d": 1, "c": 2}


def test_a_circle_is_cut_where_it_closes():
    assert columns("abc", "ab", "bc", "ca") == {"a": 0, "b": 1, "c": 2}


def test_a_box_that_leads_to_itself_stays():
    assert columns("ab", "aa", "ab") == {"a": 0, "b": 1}


def test_no_two_boxes_share_a_place():
    ids = [f"n{n}" for n in range(60)]
    pairs = [(f"n{n}", f"n{(n * 7 + 3) % 60}") for n in range(60)]
    places = layered(ids, pairs)
    assert len(set(places.values())) == 60


def test_lines_of_two_columns_do_not_cross_without_need():
    places = layered(list("abxy"), [("a", "y"), ("b", "x")])
    assert places["a"][1] - places["b"][1] == places["y"][1] - places["x"][1]


def test_nothing_is_placed_nowhere():
    assert layered([], []) == {}


def test_the_same_graph_is_placed_the_same_way():
    ids, pairs = list("abcdef"), [("a", "c"), ("b", "c"), ("c", "d"), ("c", "e"), ("f", "e")]
    assert layered(ids, pairs) == layered(ids, list(pairs))


def test_events_and_their_handlers_are_drawn():
    boxes = tuple(Box(id=name, kind="worker", label=name) for name in ("placed", "billing", "shipping", "failed"))
    lines = (
        Line(id="1", source="placed", target="billing", kind="event"),
        Line(id="2", source="placed", target="shipping", kind="event"),
        Line(id="3", source="shipping", target="failed", kind="event"),
        Line(id="4", source="failed", target="billing", kind="compensation"),
    )
    graph = arranged(Graph(name="events", boxes=boxes, lines=lines))
    assert [box.column for box in graph.boxes] == [0, 3, 1, 2]
    assert graph_svg(graph, Words()).count("data-edge") == 4


def test_thousands_of_boxes_in_a_row_are_no_recursion():
    ids = [str(n) for n in range(5000)]
    assert layered(ids, list(pairwise(ids)))["4999"] == (4999, 0)
