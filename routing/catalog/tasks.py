"""Presets of the simulator: what people ask models for, as short real prompts in both languages.

They are texts to be judged (a difficulty score, a number of tokens), so each language has one of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("tasks.json")
LANGUAGES: Final = ("en", "vi")


@dataclass(frozen=True, slots=True)
class Task:
    """One preset: its prompt by language, how long an answer usually is, what it needs of a model."""

    slug: str
    prompts: Mapping[str, str]
    answer_tokens: int
    needs: frozenset[str]

    def prompt(self, language: str) -> str:
        """The prompt in this language, else in English."""
        return self.prompts.get(language[:2], self.prompts["en"])


@cache
def tasks() -> Mapping[str, Task]:
    """All presets by slug, in the order of the file; the first is the usual one."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        slug: Task(slug, {one: row[one] for one in LANGUAGES}, row["answer_tokens"], frozenset(row["needs"]))
        for slug, row in rows.items()
    }
