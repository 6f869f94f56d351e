"""Starter documents of the workflow patterns, filled in with the parts that somebody chose. Pure apart from its files.

The files are definitions that run against the demo as they stand. Filling replaces single values where they stand in
the text, so that comments and order stay: names, the route of `chat`, connector, operation and input of `connector`,
and the types and sources of events. An operation's input is made of its required fields, taken by name from the input
of the run. In a saga, what reserving answers is taken from its answer, and the text by which both reserving and
undoing name what they do is the id of the run.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from workflows.domain.compiler import compile_document
from workflows.domain.configurations import PatternSlug
from workflows.domain.document import load
from workflows.domain.plan import Plan

TEXT: Final = "text"
OWN_ID: Final = "$workflow.id"
FIRST, UNDO, LAST = "reserve", "undo", "book"
EVENT_PREFIX: Final = "starter"
SOURCES: Final = "https://patterns.example/"
SUBMITTED: Final = "submitted"
_PLAIN: Final = frozenset({"type", "minLength", "maxLength", "title", "description", "examples", "default"})
_ROOMY: Final = 36  # characters of the id of a run

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Starter:
    """The documents of a pattern, and the role of each operation in them."""

    files: tuple[str, ...]
    roles: Mapping[str, str]


STARTERS: Final[Mapping[PatternSlug, Starter]] = {
    PatternSlug.ORCHESTRATOR: Starter(("orchestrator",), {"account_read": "call"}),
    PatternSlug.SAGA: Starter(("saga",), {"reserve": "reserve", "release": "undo", "book": "book"}),
    PatternSlug.CHOREOGRAPHY: Starter(
        ("choreography-screening", "choreography-core", "choreography-record"), {"account_read": "call"}
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What goes into a starter: names, the route, the connector, and the operations with their schemas by role."""

    handle: str
    title: str
    route: str
    connector: str
    operations: Mapping[str, str]
    example: str = ""
    schemas: Mapping[str, Schema] = field(default_factory=dict)
    answers: Mapping[str, Schema] = field(default_factory=dict)


def documents(pattern: PatternSlug, filling: Filling) -> list[str]:
    """The definitions of a pattern, in the order of their participants."""
    starter = STARTERS[pattern]
    return [_filled(starter_text(name), starter, filling) for name in starter.files]


@cache
def starter_text(name: str) -> str:
    """A starter as it stands."""
    return files("workflows").joinpath("patterns", "starters", f"{name}.yaml").read_text(encoding="utf-8")


def task_text(name: str, task: str) -> str:
    """A task of a starter as it is written there, moved to the left; LookupError where there is none of that name."""
    text = starter_text(name)
    for node in _tasks(yaml.compose(text, Loader=yaml.SafeLoader)):
        [(key, _value)] = node.value
        if key.value == task:
            lines = text[: node.end_mark.index].splitlines()[node.start_mark.line :]
            left = node.start_mark.column - len("- ")
            return "\n".join(line[left:] for line in lines).rstrip()
    raise LookupError(task)


def _tasks(node: Any) -> Iterator[Any]:
    """Every item of a sequence that is a mapping of one name to what it does, outer ones first."""
    if isinstance(node, yaml.SequenceNode):
        yield from (one for one in node.value if isinstance(one, yaml.MappingNode) and len(one.value) == 1)
        for one in node.value:
            yield from _tasks(one)
    elif isinstance(node, yaml.MappingNode):
        for _key, value in node.value:
            yield from _tasks(value)


def starter_plans(pattern: str) -> list[Plan]:
    """What the definitions of a pattern's starter compile to; none for a pattern that is made of no workflow."""
    starter = STARTERS.get(PatternSlug(pattern))
    return [compile_document(load(starter_text(name))) for name in starter.files] if starter else []


def definition_names(pattern: PatternSlug, handle: str) -> list[str]:
    """What the definitions of a pattern will be called."""
    return [_own_name(file, handle) for file in STARTERS[pattern].files]


def input_schema(filling: Filling) -> dict[str, Any]:
    """What a run of the filled-in starter needs: a text for the model, and what the operations require."""
    properties: dict[str, Any] = {TEXT: {"type": "string", "minLength": 1, "examples": [filling.example]}}
    for role, schema in filling.schemas.items():
        for name in _required(schema):
            if _source(name, role, filling) == _given(name):
                properties.setdefault(name, _portable(_properties(schema).get(name)))
    return {"type": "object", "required": list(properties), "properties": properties}


def submitted_type(handle: str) -> str:
    """The event that sets a choreography made from the starter going."""
    return f"{handle}.{SUBMITTED}"


def _filled(text: str, starter: Starter, filling: Filling) -> str:
    """The text with every replacement made, from the end to the beginning so that places stay right."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = sorted(_replacements(root, starter, filling), key=lambda one: one[0].start_mark.index, reverse=True)
    for node, value in found:
        text = text[: node.start_mark.index] + _flow(value) + text[node.end_mark.index :]
    return text


def _flow(value: Any) -> str:
    """The value as YAML in flow style, which JSON is."""
    return json.dumps(value, ensure_ascii=False)


def _replacements(node: Any, starter: Starter, filling: Filling) -> Iterator[tuple[Any, Any]]:
    """Every value to replace, with what comes in its place."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _replacements(item, starter, filling)
    elif isinstance(node, yaml.MappingNode):
        yield from _in_mapping({key.value: value for key, value in node.value}, starter, filling)
    elif node.value.startswith(f"{EVENT_PREFIX}."):
        yield node, node.value.replace(EVENT_PREFIX, filling.handle, 1)
    elif node.value.startswith(SOURCES):
        yield node, node.value.replace(f"/{EVENT_PREFIX}/", f"/{filling.handle}/")


def _in_mapping(entries: Mapping[str, Any], starter: Starter, filling: Filling) -> Iterator[tuple[Any, Any]]:
    if "dsl" in entries:
        yield entries["name"], _own_name(entries["name"].value, filling.handle)
        yield entries["title"], f"{filling.title} – {entries['title'].value}"[:300]
        return
    if "schema" in entries:
        [(_name, node)] = entries["schema"].value
        schema = input_schema(filling)
        yield node, _heard(schema) if node.value[0][1].value == "array" else schema
        return
    if "call" in entries:
        yield from _call(entries["call"].value, entries["with"], starter, filling)
    for name, value in entries.items():
        if "call" not in entries or name not in {"call", "with"}:
            yield from _replacements(value, starter, filling)


def _heard(schema: Schema) -> dict[str, Any]:
    """The input of a participant: the events that started it, with this as their data."""
    event = {"type": "object", "required": ["data"], "properties": {"data": schema}}
    return {"type": "array", "minItems": 1, "items": event}


def _call(function: str, given: Any, starter: Starter, filling: Filling) -> Iterator[tuple[Any, Any]]:
    arguments = {key.value: value for key, value in given.value}
    if function.startswith("chat:"):
        yield arguments["model"], filling.route
        return
    role = starter.roles[arguments["operation"].value]
    yield arguments["connector"], filling.connector
    yield arguments["operation"], filling.operations[role]
    fields = _required(filling.schemas.get(role, {}))
    yield arguments["input"], {name: f"${{ {_source(name, role, filling)} }}" for name in fields}


def _source(name: str, role: str, filling: Filling) -> str:
    """Where a field of an operation's input comes from, in jq."""
    asked, undoing = filling.schemas.get(FIRST, {}), filling.schemas.get(UNDO, {})
    if name in _required(undoing) and name in _required(asked) and _is_plain(_properties(asked).get(name)):
        return OWN_ID
    if role in {UNDO, LAST} and name not in _required(asked) and name in _properties(filling.answers.get(FIRST, {})):
        return f"$output{_given(name)}" if role == UNDO else f".reserved{_given(name)}"
    return _given(name)


def _given(name: str) -> str:
    """A field of the input of the run."""
    return f".{name}" if name.isidentifier() and name.isascii() else f".[{json.dumps(name)}]"


def _own_name(name: str, handle: str) -> str:
    """`orchestrator` becomes the handle, `choreography-core` the handle with `-core`."""
    _pattern, _dash, role = name.partition("-")
    return f"{handle}-{role}" if role else handle


def _is_plain(schema: Any) -> bool:
    """Text of any form that has room for the id of a run."""
    if not isinstance(schema, Mapping) or schema.get("type") != "string" or not schema.keys() <= _PLAIN:
        return False
    return int(schema.get("maxLength", _ROOMY)) >= _ROOMY


def _required(schema: Schema) -> list[str]:
    required = schema.get("required")
    return [name for name in required if isinstance(name, str)] if isinstance(required, list) else []


def _properties(schema: Schema) -> Mapping[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _portable(schema: Any) -> Any:
    """The schema of one field on its own; one that refers to its surroundings is left out."""
    return {} if schema is None or "$ref" in json.dumps(schema) else schema
