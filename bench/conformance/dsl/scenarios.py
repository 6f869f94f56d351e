"""Scenarios of the conformance kit (Gherkin) and of our own (YAML), in one form."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

SUPPORTED: Final = frozenset({"do", "set", "call", "switch", "try", "wait", "listen", "emit", "for", "fork", "raise"})
CALLS: Final = frozenset({"http"})
_QUOTED: Final = re.compile(r"'([^']+)'")


@dataclass(slots=True)
class Scenario:
    """A document, its input, and what must come of it, step by step: (words of the step, value beneath it)."""

    name: str
    document: str = ""
    input: Any = None
    expected: list[tuple[str, Any]] = field(default_factory=list)

    def unsupported(self) -> list[str]:
        """What the document uses that does not exist here yet."""
        return sorted(set(_unknown(yaml.safe_load(self.document).get("do", []))))


def kit(folder: Path) -> list[Scenario]:
    """Every scenario of the feature files anywhere under a folder."""
    files = sorted(folder.rglob("*.feature"))
    return [one for file in files for one in feature(file.read_text(encoding="utf-8"), f"ctk {file.stem}")]


def own(folder: Path) -> list[Scenario]:
    """The scenarios of the YAML files of a folder: `name, document, input, expect`, the last in the kit's words."""
    found = []
    for file in sorted(folder.glob("*.yaml")):
        for given in yaml.safe_load(file.read_text(encoding="utf-8")):
            steps = [(step, None) if isinstance(step, str) else next(iter(step.items())) for step in given["expect"]]
            document = yaml.safe_dump(given["document"], sort_keys=False)
            found.append(Scenario(f"own {file.stem}: {given['name']}", document, given.get("input"), steps))
    return found


def feature(text: str, prefix: str) -> list[Scenario]:
    """The scenarios of one feature file."""
    found: list[Scenario] = []
    for words, beneath in _steps(text):
        if words.startswith("Scenario:"):
            found.append(Scenario(f"{prefix}: {words.removeprefix('Scenario:').strip()}"))
        elif found:
            _add(found[-1], re.sub(r"^(Given|When|Then|And)\s+(given\s+)?", "", words), beneath)
    return found


def _add(scenario: Scenario, words: str, beneath: str | None) -> None:
    if words.startswith("a workflow with definition"):
        scenario.document = beneath or ""
    elif words.startswith("the workflow input is"):
        scenario.input = yaml.safe_load(beneath or "")
    elif words != "the workflow is executed":
        scenario.expected.append((words.rstrip(":"), None if beneath is None else yaml.safe_load(beneath)))


def _steps(text: str) -> Iterator[tuple[str, str | None]]:
    """Each step with the block of text beneath it, if there is one."""
    lines = text.splitlines()
    place = 0
    while place < len(lines):
        words, place = lines[place].strip(), place + 1
        if not re.match(r"(Scenario:|(Given|When|Then|And)\s)", words):
            continue
        beneath = None
        if place < len(lines) and lines[place].strip().startswith('"""'):
            end = next(number for number in range(place + 1, len(lines)) if lines[number].strip() == '"""')
            beneath, place = textwrap.dedent("\n".join(lines[place + 1 : end])), end + 1
        yield words, beneath


def _unknown(block: Any) -> Iterator[str]:
    for entry in block:
        for task in entry.values():
            kind = next((word for word in ("try", "for", "call", *task) if word in task and word in SUPPORTED), "")
            if not kind:
                yield f"task {' '.join(task)}"
            elif kind == "call" and task["call"] not in CALLS:
                yield f"call {task['call']}"
            for inner in _inner(task, kind):
                yield from _unknown(inner)


def _inner(task: dict[str, Any], kind: str) -> Iterator[Any]:
    if kind in {"do", "for"}:
        yield task["do"]
    if kind == "try":
        yield task["try"]
        yield task.get("catch", {}).get("do", [])
    if kind == "fork":
        yield task["fork"]["branches"]


def quoted(words: str) -> list[str]:
    """The names between single quotes."""
    return _QUOTED.findall(words)
