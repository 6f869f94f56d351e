"""What is asked of somebody who starts a run, and what becomes of the answers."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from studio.forms_start import MOST_BYTES, StartFieldsForm
from studio.samples import Sample
from studio.start_inputs import asked_for

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["file", "speed"],
    "properties": {
        "file": {"type": "string", "title": "Payment file", "contentMediaType": "application/xml"},
        "speed": {"type": "string", "enum": ["slow", "fast"]},
        "count": {"type": "integer", "minimum": 1},
        "dry": {"type": "boolean"},
    },
}
SAMPLE = Sample("small", "A small one", {"file": "<small/>"})


def form(data: dict[str, Any], file: bytes | None = None, *, samples: tuple[Sample, ...] = ()) -> StartFieldsForm:
    files = {"in-file": SimpleUploadedFile("pay.xml", file)} if file is not None else {}
    return StartFieldsForm(data, files, asked=asked_for(SCHEMA), samples=samples)  # type: ignore[arg-type]


def test_simple_properties_are_fields_and_texts_with_a_media_type_are_files() -> None:
    kinds = {one.name: (one.kind, one.required) for one in asked_for(SCHEMA)}
    assert kinds == {
        "file": ("file", True), "speed": ("choice", True), "count": ("whole", False), "dry": ("yes", False),
    }  # fmt: skip


@pytest.mark.parametrize(
    "schema",
    [
        None, True, {"type": "array"}, {"type": "object"}, {"type": "object", "properties": {}},
        {"type": "object", "properties": {"a": {"type": "object"}}},
        {"type": "object", "properties": {"a": {"type": ["string", "null"]}}},
        {"type": "object", "properties": {"a": {"enum": [1, 2]}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "oneOf": []},
        {"type": "object", "properties": {str(at): {"type": "string"} for at in range(13)}},
    ],
)  # fmt: skip
def test_what_fields_cannot_say_is_asked_as_json(schema: object) -> None:
    assert asked_for(schema) == ()


def test_the_text_of_a_file_and_the_values_become_the_input() -> None:
    sent = form({"in-speed": "fast", "in-count": "2"}, "\ufeff<á/>".encode())
    assert sent.is_valid()
    assert sent.cleaned_data["input"] == {"file": "<á/>", "speed": "fast", "count": 2, "dry": False}


def test_a_sample_stands_for_what_is_not_given_and_an_own_file_goes_first() -> None:
    chosen = {"sample": "small", "in-speed": "slow"}
    for file, text in ((None, "<small/>"), (b"<mine/>", "<mine/>")):
        sent = form(chosen, file, samples=(SAMPLE,))
        assert sent.is_valid()
        assert sent.cleaned_data["input"]["file"] == text


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"\xff\xfe\x00x", "no text in UTF-8"),
        (b"<a>\x00</a>", "characters that no text has"),
        (b"x" * (MOST_BYTES + 1), "larger than 256 KB"),
        (b"", "empty"),
        (None, "Choose a file"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(file: bytes | None, why: str) -> None:
    sent = form({"in-speed": "slow"}, file)
    assert not sent.is_valid()
    assert why in sent.errors["in-file"][0]


def test_bounds_of_the_schema_hold() -> None:
    sent = form({"in-speed": "warp", "in-count": "0"}, b"<a/>")
    assert set(sent.errors) == {"in-speed", "in-count"}
