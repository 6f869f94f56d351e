"""Broken documents by the hundred: always a plan or located faults, never anything else."""

import copy
import json
import random
from pathlib import Path

import pytest
import yaml

from tests.unit.workflows.definitions import PAYMENT, text_of
from workflows.domain.compiler import compile_document
from workflows.domain.document import load
from workflows.domain.faults import InvalidDefinition
from workflows.domain.plan import Plan, plan_from_json, plan_to_json

SCHEMA = Path(__file__).parents[3] / "workflows" / "domain" / "dsl" / "vendor" / "workflow-1.0.3.json"
MORE = """
use:
  functions: {f: {call: http, with: {method: get, endpoint: 'https://x.y/{id}'}}}
do:
  - loop:
      for: {each: pet, in: .pets, at: index}
      while: .vet != null
      do:
        - listen:
            listen: {to: {one: {with: {type: x}, correlate: {id: {from: .id, expect: '${ $pet.id }'}}}}}
            output: {as: '.pets + [{ "id": $pet.id }]'}
  - side: {fork: {compete: true, branches: [a: {call: f, with: {id: 1}}, b: {wait: {minutes: 1}}]}}
  - set: {set: {a: [1, 'x', null]}, if: '${ .a }', export: {as: {kept: '${ . }'}}, timeout: {after: PT1S}}
"""
KEYS = sorted({
    *json.loads(SCHEMA.read_text())["$defs"]["taskBase"]["properties"],
    "do", "call", "for", "try", "catch", "with", "set", "use", "retry", "errors", "listen", "to", "one", "wait",
    "raise", "error", "switch", "when", "fork", "branches", "emit", "event", "orchestration", "compensate", "pivot",
    "functions", "schema", "document", "schedule", "on", "x",
})  # fmt: skip
VALUES = [
    None, True, 1, -1, 1.5, 10**30, "", "x", "${ .a }", "${ }", "${ env }", ".a |", "PT1S", "http", "f", "continue",
    [], {}, [1], [[]], [{}], {"a": 1}, [{"a": {}}], [{"a": {"set": {"b": 1}}}], {"x": {"y": [{"z": None}]}},
]  # fmt: skip
SCRAPS = ["", "\n", " ", ":", "- ", "{", "}", "[", "]", "'", '"', "&a", "*a", "!", "|", ">", "\t", "${", "\0", "%", "@"]


def places(data, path=()):
    yield path
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, part in parts:
        yield from places(part, (*path, key))


def at(data, path):
    for part in path:
        data = data[part]
    return data


def mutated(data, rng):
    """A copy with one to three values replaced, removed, renamed, added or moved."""
    data = copy.deepcopy(data)
    for _ in range(rng.randint(1, 3)):
        known = [path for path in places(data) if path]
        path = rng.choice(known)
        parent, last = at(data, path[:-1]), path[-1]
        change = rng.randrange(5)
        if change == 0:
            parent[last] = copy.deepcopy(rng.choice(VALUES))
        elif change == 1:
            del parent[last]
        elif change == 2 and isinstance(parent, dict):
            parent[rng.choice(KEYS)] = parent.pop(last)
        elif change == 3 and isinstance(parent, dict):
            parent[rng.choice(KEYS)] = copy.deepcopy(rng.choice(VALUES))
        else:
            parent[last] = copy.deepcopy(at(data, rng.choice(known)))
    return data


def scrambled(text, rng):
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(text))
        text = text[:place] + rng.choice(SCRAPS) + text[place + rng.randrange(4) :]
    return text


def outcome(text):
    try:
        return compile_document(load(text))
    except InvalidDefinition as refused:
        return refused.faults


def judge(text):
    """True for a plan that can be stored, False for faults that can be shown."""
    found = outcome(text)
    if isinstance(found, Plan):
        assert plan_from_json(json.loads(json.dumps(plan_to_json(found)))) == found
        return True
    assert len(found) > 0
    assert all(fault.line >= 1 and fault.column >= 1 and fault.message and str(fault) for fault in found)
    return False


@pytest.mark.parametrize("seed", range(4))
def test_structures_that_were_changed_are_plans_or_have_located_faults(seed):
    rng = random.Random(seed)
    originals = [yaml.load(text_of(body), yaml.BaseLoader) for body in (PAYMENT, MORE)]
    verdicts = [judge(json.dumps(mutated(rng.choice(originals), rng))) for _ in range(150)]
    assert not all(verdicts)


@pytest.mark.parametrize("seed", range(4))
def test_texts_that_were_scrambled_are_plans_or_have_located_faults(seed):
    rng = random.Random(seed)
    verdicts = [judge(scrambled(text_of(rng.choice([PAYMENT, MORE])), rng)) for _ in range(100)]
    assert not all(verdicts)


def test_the_unchanged_definitions_are_plans():
    assert judge(text_of(PAYMENT))
    assert judge(text_of(MORE))
