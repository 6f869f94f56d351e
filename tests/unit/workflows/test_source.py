"""YAML and JSON become data with places, or one located fault."""

import pytest

from workflows.domain.faults import InvalidDefinition, Problem
from workflows.domain.source import MOST_CHARACTERS, read_source


def refused(text):
    with pytest.raises(InvalidDefinition) as caught:
        read_source(text)
    return caught.value.faults[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: yes", {"on": "yes"}),  # YAML 1.1 would read true: true
        ("a: 010", {"a": 10}),
        ("a: 0x1F", {"a": 31}),
        ("a: ~", {"a": None}),
        ("a: 'true'", {"a": "true"}),
        ("a: 2024-01-01", {"a": "2024-01-01"}),
        ("200: ok", {"200": "ok"}),
        ("a: 1.50", {"a": 1.5}),
        ("a: 12345678901234567890123", {"a": 12345678901234567890123}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
        ('{"a":\t"\\ud83d\\ude00"}', {"a": "😀"}),
        (b"\xef\xbb\xbfa: 1", {"a": 1}),
    ],
)
def test_values_are_those_of_yaml_1_2_and_json(text, value):
    assert read_source(text).data == value


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "empty"),
        ("a: 1\na: 2", 2, 1, "twice"),
        ("a: 1\nb: [", 3, 1, "not valid YAML"),
        ("a: &x [*x]", 1, 8, "inside itself"),
        ("a: *x", 1, 4, "not known"),
        ("a: !!python/object x", 1, 4, "tag"),
        ("a: 1\n---\nb: 1", 2, 1, "more than one document"),
        ("? [a]\n: 1", 1, 3, "key must be text"),
        ("a: .nan", 1, 4, "not a number that JSON knows"),
        ("a: 12345678901234567.89", 1, 4, "more digits"),
        ("a: 1e400", 1, 4, "more digits"),
        ("a: " + "9" * 400, 1, 4, "300 digits"),
        ("a:\n - " + "[" * 100, 2, 67, "nested"),
        ("a: b\n\tc: 1", 2, 1, "not valid YAML"),
        (b"a: \xff", 1, 1, "UTF-8"),
        ("x" * (MOST_CHARACTERS + 1), 1, 1, "larger"),
    ],
)
def test_what_cannot_be_read_is_one_located_fault(text, line, column, message):
    fault = refused(text)
    assert (fault.line, fault.column) == (line, column)
    assert message in fault.message


def test_aliases_count_as_what_they_stand_for():
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'x'] * 9)}]" for n in range(8)]
    assert "20000 values" in refused("\n".join(levels)).message


def test_a_problem_is_placed_at_its_value_its_key_or_what_is_around_it():
    source = read_source("a:\n  b: 1\n  c: [2,\n    3]\n")
    places = [
        source.fault(Problem(path=path, text="x", on_key=on_key))
        for path, on_key in [(("a", "b"), False), (("a", "b"), True), (("a", "c", 1), False), (("a", "z"), False)]
    ]
    assert [(fault.line, fault.column) for fault in places] == [(2, 6), (2, 3), (4, 5), (2, 3)]
    assert places[3].pointer == "/a/z"
