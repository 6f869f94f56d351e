"""CloudEvents in both forms, and what is none."""

import base64

import pytest

from workflows.events.cloudevents import EventFault, is_binary, parse_binary, parse_structured

BASE = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "placed"}
HEADERS = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "placed"}


def test_both_forms_of_an_event_are_the_same():
    structured = parse_structured({**BASE, "datacontenttype": "application/json", "data": {"n": 1}})
    binary = parse_binary({**HEADERS, "Content-Type": "application/json"}, b'{"n": 1}')
    assert structured == binary


def test_attributes_become_text():
    event = parse_structured({**BASE, "urgent": True, "weight": 5})
    assert (event.attributes["urgent"], event.attributes["weight"]) == ("true", "5")


def test_header_values_are_percent_decoded():
    assert parse_binary({**HEADERS, "ce-subject": "Caf%C3%A9"}, b"").attributes["subject"] == "Café"


def test_data_that_is_no_json_is_kept_as_base64():
    event = parse_binary({**HEADERS, "content-type": "image/png"}, b"\x89PNG")
    assert (event.data, base64.b64decode(event.data_base64)) == (None, b"\x89PNG")


@pytest.mark.parametrize("kind", ["application/json", "text/json", "application/order+json; charset=utf-8"])
def test_every_json_type_is_read_as_json(kind: str):
    assert parse_binary({**HEADERS, "content-type": kind}, b"[1]").data == [1]


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type"])
def test_what_is_missing_is_named(missing: str):
    with pytest.raises(EventFault) as fault:
        parse_structured({name: value for name, value in BASE.items() if name != missing})
    assert list(fault.value.faults) == [missing]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"Upper": "x"}, "Upper"),
        ({"nested": {}}, "nested"),
        ({"half": 1.5}, "half"),
        ({"id": "x" * 201}, "id"),
        ({"subject": "a\nb"}, "subject"),
        ({"data": 1, "data_base64": "AA=="}, "data_base64"),
        ({"data_base64": "?"}, "data_base64"),
    ],
)
def test_what_does_not_fit_is_named(more: dict, named: str):
    with pytest.raises(EventFault) as fault:
        parse_structured({**BASE, **more})
    assert named in fault.value.faults


def test_the_binary_form_is_known_by_its_header():
    assert is_binary({"Ce-Specversion": "1.0"})
    assert not is_binary({"content-type": "application/cloudevents+json"})
