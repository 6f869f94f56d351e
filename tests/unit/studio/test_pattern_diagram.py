"""The drawing of a pattern shows what the pattern says; the text twin says what the drawing shows."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from studio.diagrams.drawn import wrapped
from studio.diagrams.graph import Box, Graph, Line, Words
from studio.diagrams.patterns import Layout, View, graph_of, graph_svg, pattern_svg, standalone_svg
from studio.diagrams.twin import mermaid, text_twin
from workflows.domain.patterns import PLATFORMS, STATES, Pattern
from workflows.patterns import pattern, patterns

WORDS = Words()
ALL = [(one, layout) for one in patterns() for layout in ("wide", "narrow")]
LONG = "Quy trình phê duyệt hoàn tiền cho khách hàng doanh nghiệp lớn"


def drawn(one: Pattern, layout: Layout = "wide", **view: object) -> ElementTree.Element:
    return ElementTree.fromstring(pattern_svg(one, View(**view), WORDS, layout=layout))  # type: ignore[arg-type]


def marked(picture: ElementTree.Element, name: str) -> list[str]:
    return [element.attrib[name] for element in picture.iter() if name in element.attrib]


def words_of(element: ElementTree.Element) -> str:
    return " ".join("".join(text.itertext()) for text in element.iter("text"))


@pytest.mark.parametrize(("one", "layout"), ALL, ids=str)
def test_every_node_and_every_edge_is_drawn_once(one: Pattern, layout: Layout):
    picture = drawn(one, layout)
    assert sorted(marked(picture, "data-node")) == sorted(node.id for node in one.nodes)
    assert sorted(marked(picture, "data-edge")) == sorted(edge.id for edge in one.edges)


@pytest.mark.parametrize("one", patterns(), ids=lambda one: one.slug)
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("language", ["en", "vi"])
def test_the_text_twin_says_what_is_drawn(one: Pattern, platform: str, language: str):
    view = View(language=language, platform=platform)
    twin = text_twin(graph_of(one, view), WORDS)
    picture = drawn(one, language=language, platform=platform)
    assert [row.id for row in twin.nodes] == marked(picture, "data-node")
    assert sorted(row.id for row in twin.lines) == sorted(marked(picture, "data-edge"))
    for row in twin.nodes:
        (box,) = picture.findall(f".//*[@data-node='{row.id}']")
        assert words_of(box).replace("≠ ", "")[:12].rstrip(" …") in f"{row.label} {row.second}"
        assert row.label in row.sentence
        assert row.second in row.sentence
    for row in twin.lines:
        assert row.source in row.sentence
        assert row.target in row.sentence


@pytest.mark.parametrize(("one", "layout"), ALL, ids=str)
def test_nothing_in_it_needs_a_style_or_a_script(one: Pattern, layout: Layout):
    for story in one.scenarios:
        markup = pattern_svg(
            one, View(scenario=story.id, beat=len(story.beats), href="?node={node}"), WORDS, layout=layout
        )
        assert not re.search(r"style=|<script|<style| on\w+=", markup)


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_both_layouts_can_stand_in_one_page(layout: Layout):
    ids = marked(drawn(pattern("orchestrator"), layout), "id")
    assert ids
    assert all(value.startswith(f"{layout}-") for value in ids)


@pytest.mark.parametrize(("one", "layout"), ALL, ids=str)
def test_every_line_ends_at_its_boxes(one: Pattern, layout: Layout):
    """A path begins on the edge of its source and ends on that of its target."""
    picture = drawn(one, layout)
    boxes = {}
    for element in picture.iter("g"):
        if "data-node" in element.attrib:
            rect = next(element.iter("rect"))
            boxes[element.attrib["data-node"]] = tuple(float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
    for group in picture.iter("g"):
        if "data-edge" not in group.attrib:
            continue
        numbers = [float(value) for value in re.findall(r"-?[\d.]+", next(group.iter("path")).attrib["d"])]
        for end, (x, y) in (("data-source", numbers[:2]), ("data-target", numbers[-2:])):
            left, top, width, height = boxes[group.attrib[end]]
            assert left <= x <= left + width
            assert top <= y <= top + height
            assert x in (left, left + width) or y in (top, top + height)


@pytest.mark.parametrize(("one", "layout"), ALL, ids=str)
def test_no_line_runs_through_a_box(one: Pattern, layout: Layout):
    picture = drawn(one, layout)
    rects = [next(g.iter("rect")) for g in picture.iter("g") if "data-node" in g.attrib]
    boxes = [tuple(float(rect.attrib[key]) for key in ("x", "y", "width", "height")) for rect in rects]
    for path in (path for path in picture.iter("path") if "-edge-" in path.attrib.get("id", "")):
        numbers = [float(value) for value in re.findall(r"-?[\d.]+", path.attrib["d"])]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        for (x0, y0), (x1, y1) in pairwise(points):
            for x, y, width, height in boxes:
                inside_x = max(min(x0, x1), x + 1) < min(max(x0, x1), x + width - 1) or x + 1 < x0 == x1 < x + width - 1
                inside_y = (
                    max(min(y0, y1), y + 1) < min(max(y0, y1), y + height - 1) or y + 1 < y0 == y1 < y + height - 1
                )
                assert not (inside_x and inside_y), path.attrib["id"]


def test_a_moment_shows_each_state_in_words_and_a_token_on_each_line():
    one = pattern("orchestrator")
    picture = drawn(one, scenario="step-fails", beat=6)
    (adapter,) = picture.findall(".//*[@data-node='adapter']")
    assert adapter.attrib["data-state"] == "undone"
    assert "undone" in words_of(adapter)
    assert sum("d-token" in (dot.get("class") or "") for dot in picture.iter("circle")) == 1


def test_events_and_undos_are_named_in_the_drawing():
    picture = drawn(pattern("orchestrator"))
    said = {g.attrib["data-edge"]: words_of(g) for g in picture.iter("g") if "data-edge" in g.attrib}
    assert said["announce"].startswith("evt")
    assert said["undo"].startswith("undo")


def test_a_node_is_a_link_named_by_its_visible_text():
    picture = drawn(pattern("orchestrator"), href="?pattern=orchestrator&node={node}")
    link = next(a for a in picture.iter("a") if a.attrib["data-node"] == "router")
    assert link.attrib["href"] == "?pattern=orchestrator&node=router"
    assert words_of(link).strip() == "AI Router Cloudflare AI Gateway"
    assert "aria-label" not in link.attrib


def test_own_names_of_sixty_letters_are_cut_and_kept_whole_in_the_title():
    picture = drawn(pattern("orchestrator"), names={"hub": LONG})
    (hub,) = picture.findall(".//*[@data-node='hub']")
    assert {title.text for title in hub.iter("title")} == {LONG}
    lines = [text for text in hub.iter("text") if "d-label" in text.attrib["class"]]
    assert len(lines) == 2


def test_traffic_stands_on_its_line():
    picture = drawn(pattern("orchestrator"), traffic={"ask": "1,204"})
    (ask,) = picture.findall(".//*[@data-edge='ask']")
    assert "1,204" in words_of(ask)


def test_names_cannot_become_markup():
    picture = drawn(pattern("orchestrator"), names={"hub": "<script>alert(1)</script>"})
    assert not list(picture.iter("script"))


@pytest.mark.parametrize("one", patterns(), ids=lambda one: one.slug)
def test_a_file_of_its_own_needs_nothing_from_outside(one: Pattern):
    markup = standalone_svg(one, View(language="vi", href="?node={node}"), WORDS)
    picture = ElementTree.fromstring(markup)
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert not re.search(r"class=|style=|href=|url\(", markup)
    painted = [e for e in picture.iter() if e.tag.endswith(("path", "rect", "text", "polygon"))]
    assert all("fill" in e.attrib for e in painted)


@pytest.mark.parametrize("one", patterns(), ids=lambda one: one.slug)
def test_mermaid_names_every_node_and_every_edge(one: Pattern):
    graph = graph_of(one, View(language="vi"))
    text = mermaid(graph, WORDS)
    assert all(f"n_{node.id.replace('-', '_2d_')}[" in text for node in one.nodes)
    assert sum("->" in line for line in text.splitlines()) == len(one.edges)


def test_mermaid_keeps_quotes_and_keywords_apart():
    graph = Graph(name="x", boxes=(Box(id="end", kind="hub", label='a "b" <c>'),), lines=())
    assert 'n_end["a &quot;b&quot; &lt;c&gt;"]' in mermaid(graph, WORDS)


def test_there_is_a_word_for_every_state():
    assert set(WORDS.states) == set(STATES)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("two words here", ["two words", "here"]),
        ("one two six ten", ["one two", "six ten"]),
        ("a word thatislongerthanaline and more", ["a word", "thatislon…"]),
        ("", [""]),
    ],
)
def test_texts_wrap_and_are_cut(text: str, lines: list[str]):
    assert wrapped(text, 10, 2) == lines


def test_five_hundred_nodes_stay_in_bounds():
    boxes = tuple(Box(id=f"n{n}", kind="worker", label=LONG, column=n % 12, row=n // 12) for n in range(500))
    lines = tuple(Line(id=f"e{n}", source=f"n{n}", target=f"n{(n * 7 + 1) % 500}", kind="event") for n in range(499))
    graph = Graph(name="many", boxes=boxes, lines=lines)
    for layout in ("wide", "narrow"):
        assert len(graph_svg(graph, WORDS, layout=layout)) < 1200 * 1000
    assert len(text_twin(graph, WORDS).sentences) == 999
