"""The demo's definitions compile, and its participants know each other by events only."""

from pathlib import Path

import pytest

import config.demo
from workflows.domain.compiler import compile_document
from workflows.domain.document import load
from workflows.domain.plan import Listen, walk

FOLDER = Path(config.demo.__path__[0]) / "definitions"


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.yaml")), ids=lambda file: file.stem)
def test_every_demo_definition_is_valid(file: Path) -> None:
    assert compile_document(load(file.read_text())).namespace == "demo"


@pytest.mark.parametrize("file", sorted((FOLDER / "choreography").glob("*.yaml")), ids=lambda file: file.stem)
def test_a_participant_is_started_by_an_event_and_waits_for_none(file: Path) -> None:
    plan = compile_document(load(file.read_text()))
    assert plan.schedule_on
    assert not [task for task in walk(plan.block) if isinstance(task, Listen)]
