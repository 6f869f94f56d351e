"""A definition's text, checked: either a Document that the compiler turns into a plan, or every fault it has.

    text → source (data with places) → shape (the DSL's schema, task by task) → references, undo rules, expressions

All faults come at once and in order, each with line, column, JSON pointer, what is wrong and what to do. Whatever the
text is, the answer is a Document or InvalidDefinition.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from workflows.domain.faults import InvalidDefinition, Problem
from workflows.domain.profile import document_problems, task_problems
from workflows.domain.references import reference_problems
from workflows.domain.sites import as_mapping, at, sites
from workflows.domain.source import Source, read_source
from workflows.domain.undo_rules import undo_problems
from workflows.domain.usage import expression_problems

MOST_TASKS = 500
MOST_PROBLEMS = 300  # of each check; a document with more is not looked through to its end


def _(text: str) -> str:
    """Mark for translation."""
    return text


@dataclass(frozen=True, slots=True)
class Document:
    """A definition that was found valid. `data` is the document as parsed, which `$workflow.definition` shows."""

    source: Source

    @property
    def data(self) -> Mapping[str, Any]:
        return as_mapping(self.source.data)

    @property
    def namespace(self) -> str:
        return str(self.data["document"]["namespace"])

    @property
    def name(self) -> str:
        return str(self.data["document"]["name"])

    @property
    def version(self) -> str:
        return str(self.data["document"]["version"])


def load(text: str | bytes) -> Document:
    """The document of a text in YAML or JSON; InvalidDefinition with all its faults."""
    source = read_source(text)
    problems = list(_problems(source.data))
    if problems:
        raise InvalidDefinition(source.fault(problem) for problem in problems)
    return Document(source)


def _problems(data: Any) -> Iterator[Problem]:
    found = list(sites(data))
    if len(found) > MOST_TASKS:
        yield Problem(path=("do",), text=_("The definition has more than %(most)d tasks."), data={"most": MOST_TASKS})
        return
    functions = frozenset(as_mapping(at(data, ("use", "functions"))))
    tasks = (problem for site in found for problem in task_problems(site, functions))
    shape = list(islice(chain(document_problems(data), tasks), MOST_PROBLEMS))
    yield from shape
    wrong = {problem.path[:end] for problem in shape for end in range(len(problem.path) + 1)}
    for later in (reference_problems(data, found), undo_problems(found), expression_problems(data, found)):
        kept = (problem for problem in later if problem.on_key or problem.path not in wrong)
        yield from islice(kept, MOST_PROBLEMS)
