"""Upper bounds of tokens, from which holds are computed.

**Text.** A token of a byte-level tokenizer (GPT, Llama 3, Qwen, Mistral's Tekken) covers at least one byte of UTF-8,
and a SentencePiece tokenizer with byte fallback falls back to one token per byte: text never has more tokens than
bytes. What a provider adds around the text (role markers, separators, its own preamble) is bounded per message and per
request.

**Tools and schemas** are rendered into the prompt by the provider, some with indentation. Each byte of their ASCII JSON
is counted three times (the byte, a line break, an indent), with a fixed part for each tool and for the preamble.

**Output** is bounded by what the request asks (`max_completion_tokens`, `max_tokens`), else by what the deployment can
produce, times `n`. Predicted output counts in addition: rejected predictions are billed.

**Images, audio, files and paid extras** have no bound here: `RequestFeatures.unbounded` names them, and under a hard
limit they are refused.

The input estimate is no bound. It is the likely number (a token for 4 characters, more where characters take several
bytes), and decides only whether a request fits a context window and which candidate is expected to be cheaper.
"""

import json
from typing import Any, Final

from routing.domain.types import DeploymentFacts, RequestFeatures

REQUEST_OVERHEAD_TOKENS: Final = 64
MESSAGE_OVERHEAD_TOKENS: Final = 16
TOOLS_OVERHEAD_TOKENS: Final = 640  # the longest published tool preamble is below 600
TOOL_OVERHEAD_TOKENS: Final = 64
TOKENS_PER_SCHEMA_BYTE: Final = 3


class TextMeter:
    """Counts text as it is met in a request: bytes for the bound, and a likely number of tokens."""

    __slots__ = ("ascii_chars", "bytes", "continuation", "fixed", "schema")

    def __init__(self) -> None:
        self.bytes = self.ascii_chars = self.continuation = self.schema = self.fixed = 0

    def text(self, text: str) -> None:
        length = len(text)
        if text.isascii():
            self.bytes += length
            self.ascii_chars += length
            return
        size = len(text.encode("utf-8", "surrogatepass"))
        self.bytes += size
        self.ascii_chars += length
        self.continuation += size - length

    def data(self, value: Any) -> None:
        """JSON data that the provider renders into the prompt."""
        self.schema += len(json.dumps(value))

    @property
    def bound(self) -> int:
        return self.bytes + self.schema * TOKENS_PER_SCHEMA_BYTE + self.fixed

    @property
    def estimate(self) -> int:
        return (self.ascii_chars + self.schema + 3) // 4 + (self.continuation + 1) // 2 + self.fixed // 8


def input_bound(features: RequestFeatures) -> int | None:
    """The most input tokens the request can be billed for; None when a part of it has no bound."""
    return None if features.unbounded else features.input_tokens_bound


def output_bound(features: RequestFeatures, facts: DeploymentFacts) -> int | None:
    """The most output tokens, reasoning included; None when neither the request nor the deployment limits them."""
    each = features.max_output_tokens
    if each is None:
        each = facts.max_output_tokens or facts.context_window
    if each is None:
        return None
    return each * features.n + features.extra_output_tokens
