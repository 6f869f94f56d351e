"""Deterministic answers: the same question to the same sandbox model gives the same bytes.

Tokens are counted as UTF-8 bytes divided by four, rounded up. That is no vendor's tokenizer; it is one that anybody
can check by hand.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from .behaviour import Behaviour

BYTES_PER_TOKEN: Final = 4
PIECE_BYTES: Final = 16
DEFAULT_EXACT_TOKENS: Final = 16
SCHEMA_DEPTH: Final = 12

Finish = Literal["stop", "length", "tool_calls"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function the caller offers, with the JSON Schema of its arguments."""

    name: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A chat request of either wire, reduced to what an answer depends on."""

    last_user_text: str
    all_text: str
    after_tool_result: bool
    tool: Tool | None
    json_schema: Mapping[str, Any] | None
    max_tokens: int | None
    choices: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call. `input` includes the cached and cache-written ones, `output` the reasoning ones."""

    input: int
    cached_input: int
    cache_write: int
    output: int
    reasoning: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model says, cut into the pieces a stream sends."""

    pieces: tuple[str, ...]
    tool_name: str | None
    finish: Finish
    choices: int
    usage: Usage

    @property
    def text(self) -> str:
        """The whole text, or the arguments of the tool call."""
        return "".join(self.pieces)


def count_tokens(text: str) -> int:
    """Tokens of a text: its UTF-8 bytes divided by four, rounded up."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def digest(*parts: str) -> str:
    """A short stable name for some text."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def answer(question: Question, behaviour: Behaviour) -> Answer:
    """The answer of a model to a question, with its token usage."""
    text, tool_name = _content(question, behaviour)
    finish: Finish = "tool_calls" if tool_name else "stop"
    limit = question.max_tokens
    if behaviour.exact and tool_name is None:
        finish = "length"
    elif limit is not None and count_tokens(text) + behaviour.reasoning_tokens > limit:
        text, finish = _truncate(text, max(0, limit - behaviour.reasoning_tokens)), "length"
    pieces = _chunk_pieces(behaviour.chunks) if behaviour.chunks else _pieces(text)
    return Answer(
        pieces=pieces,
        tool_name=tool_name,
        finish=finish,
        choices=question.choices,
        usage=_usage(question, behaviour, pieces),
    )


def usage_after(whole: Answer, sent_pieces: int) -> Usage:
    """What a call that ended early has used: the input, and the output generated so far."""
    sent = count_tokens("".join(whole.pieces[:sent_pieces]))
    full = whole.usage
    return replace(full, output=min(full.output, full.reasoning + whole.choices * sent))


def example_of(schema: Mapping[str, Any], *, seed: str, depth: int = 0) -> Any:
    """A value that a JSON Schema accepts, as far as its types, enums and required members say."""
    for fixed in ("const", "default"):
        if fixed in schema:
            return schema[fixed]
    if schema.get("enum"):
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf"):
        if schema.get(choice):
            return example_of(schema[choice][0], seed=seed, depth=depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return _typed_example(kind[0] if isinstance(kind, list) else kind, schema, seed=seed, depth=depth)


def _typed_example(kind: str, schema: Mapping[str, Any], *, seed: str, depth: int) -> Any:
    if kind == "object" and depth < SCHEMA_DEPTH:
        members = schema.get("properties", {})
        return {name: example_of(member, seed=seed, depth=depth + 1) for name, member in members.items()}
    if kind == "array" and depth < SCHEMA_DEPTH:
        item = example_of(schema.get("items", {}), seed=seed, depth=depth + 1)
        return [item] * max(1, int(schema.get("minItems", 1)))
    plain = {"object": {}, "array": [], "integer": 7, "number": 7.5, "boolean": True, "null": None}
    return plain.get(kind, f"sandbox {seed}")


def _content(question: Question, behaviour: Behaviour) -> tuple[str, str | None]:
    seed = digest(behaviour.name, question.all_text)
    if question.tool is not None and not question.after_tool_result:
        arguments = example_of({"type": "object", **question.tool.schema}, seed=seed)
        return json.dumps(arguments, ensure_ascii=False), question.tool.name
    if question.json_schema is not None:
        return json.dumps(example_of(question.json_schema, seed=seed), ensure_ascii=False), None
    if behaviour.exact:
        return _exact_text(DEFAULT_EXACT_TOKENS if question.max_tokens is None else question.max_tokens), None
    return (_long_text if behaviour.style == "large" else _short_text)(question, seed), None


def _excerpt(text: str, length: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1].rstrip() + "…"


def _short_text(question: Question, seed: str) -> str:
    about = _excerpt(question.last_user_text, 60)
    return f"Sandbox answer {seed}: you asked “{about}”. A real model would answer here."


def _long_text(question: Question, seed: str) -> str:
    words = dict.fromkeys(re.findall(r"\w{5,}", question.last_user_text.lower()))
    topics = list(words)[:4] or ["your question"]
    steps = "\n".join(f"{n}. {topic.capitalize()}: what it is, why it matters, what to do next."
                      for n, topic in enumerate(topics, 1))  # fmt: skip
    about = _excerpt(question.last_user_text, 120)
    return (
        f"Sandbox answer {seed} of the large model.\n\nYou asked: “{about}”\n\nThe parts to look at:\n{steps}\n\n"
        "In short: the large sandbox model takes longer and writes more, so that routing has something to choose. "
        "No real model was called, and nothing was spent."
    )


def _exact_text(tokens: int) -> str:
    return ("word" * tokens)[: tokens * BYTES_PER_TOKEN]


def _truncate(text: str, tokens: int) -> str:
    return text.encode()[: tokens * BYTES_PER_TOKEN].decode(errors="ignore")


def _chunk_pieces(count: int) -> tuple[str, ...]:
    return tuple(f"{number % 10_000_000:7d} " for number in range(count))


def _pieces(text: str) -> tuple[str, ...]:
    """Cuts text at characters into pieces of about four tokens."""
    pieces, start = [], 0
    while start < len(text):
        end = start + PIECE_BYTES
        while end > start + 1 and len(text[start:end].encode()) > PIECE_BYTES:
            end -= 1
        pieces.append(text[start:end])
        start = end
    return tuple(pieces)


def _usage(question: Question, behaviour: Behaviour, pieces: Sequence[str]) -> Usage:
    total = max(1, count_tokens(question.all_text))
    cached = total * behaviour.cached_percent // 100
    written = min(total - cached, total * behaviour.cache_write_percent // 100)
    return Usage(
        input=total,
        cached_input=cached,
        cache_write=written,
        output=question.choices * (count_tokens("".join(pieces)) + behaviour.reasoning_tokens),
        reasoning=question.choices * behaviour.reasoning_tokens,
    )
