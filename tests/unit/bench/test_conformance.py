"""Reading the conformance kit's feature files, and judging a run by their steps."""

import pytest

from bench.conformance.dsl.checks import Ended, complaint
from bench.conformance.dsl.scenarios import feature

TEXT = '''
Feature: Any
  # a comment
  Scenario: One
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: openapi
      - loop:
          for: {in: .x}
          do:
            - note: {set: {a: 1}}
    """
    And given the workflow input is:
    """yaml
    x: [1]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    a: 1
    """
    And note should run last
'''
ENDED = Ended("completed", {"a": 1, "b": {"c": [1, 2]}}, None, [("task.completed", "note", {"output": {"a": 1}})])


def test_a_scenario_is_its_document_its_input_and_its_steps():
    [found] = feature(TEXT, "kit")
    assert found.name == "kit: One"
    assert found.input == {"x": [1]}
    assert found.expected == [("the workflow should complete with output", {"a": 1}), ("note should run last", None)]


def test_what_does_not_exist_here_is_named():
    [found] = feature(TEXT, "kit")
    assert found.unsupported() == ["call openapi"]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("the workflow should complete", None),
        ("the workflow output should have properties 'a', 'b.c'", None),
        ("the workflow output should have a 'b.c' property containing 2 items", None),
        ("note should complete with output", {"a": 1}),
        ("note should run first", None),
    ],
)
def test_what_a_run_shows_is_no_complaint(words, value):
    assert complaint(ENDED, words, value) == ""


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("the workflow should fault", None),
        ("the workflow should complete with output", {"a": 2}),
        ("the workflow output should have properties 'a', 'b.d'", None),
        ("other should run before note", None),
        ("the moon should rise", None),
    ],
)
def test_what_a_run_does_not_show_is_said(words, value):
    assert words in complaint(ENDED, words, value)
