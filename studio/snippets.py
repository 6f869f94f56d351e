"""How the parts of a pattern are spoken to, as code: what an application sends, what a definition says.

Parts of definitions are cut out of the starters that configurations are made from, so that they cannot grow stale.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from workflows.domain.patterns import Node, Pattern
from workflows.domain.starters import EVENT_PREFIX, submitted_type, task_text

KEY: Final = "sk-orc-…"
TOKEN: Final = "$TOKEN"  # the name of a variable of the shell
# a node's task in a starter: pattern and node, then file and task
TASKS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("orchestrator", "hub"): ("orchestrator", "core"),
    ("orchestrator", "adapter"): ("orchestrator", "ask"),
    ("adapter", "adapter"): ("orchestrator", "ask"),
    ("saga", "saga"): ("saga", "reserve"),
    ("saga", "stock"): ("saga", "undo"),
    ("saga", "shipping"): ("saga", "book"),
    ("choreography", "reader"): ("choreography-screening", "screen"),
    ("choreography", "bus"): ("choreography-screening", "tell"),
}
PUBLISHERS: Final = frozenset({("choreography", "publisher")})
OPENAI_CLIENTS: Final = frozenset({("model-router", "app")})
ANTHROPIC_CLIENTS: Final = frozenset({("model-router", "agent")})


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code and the name of its language, which is the same in all languages of people."""

    language: str
    code: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where this installation is reached: its gateway and its REST API, without a slash at the end."""

    gateway: str
    console: str


def snippet(pattern: Pattern, node: Node, addresses: Addresses) -> Snippet | None:
    """How this node is spoken to; None for one that nobody speaks to by code of theirs."""
    place = (pattern.slug, node.id)
    if place in ANTHROPIC_CLIENTS:
        return Snippet("Python", _anthropic(addresses.gateway))
    if node.kind == "router" or place in OPENAI_CLIENTS:
        return Snippet("Python", _openai(addresses.gateway))
    if place in PUBLISHERS:
        return Snippet("curl", _published(addresses.console))
    return Snippet("YAML", task_text(*TASKS[place])) if place in TASKS else None


def _openai(gateway: str) -> str:
    return (
        "from openai import OpenAI\n\n"
        f'client = OpenAI(base_url="{gateway}/v1", api_key="{KEY}")\n'
        'client.chat.completions.create(model="assistant", messages=[{"role": "user", "content": "Hello"}])'
    )


def _anthropic(gateway: str) -> str:
    return (
        "from anthropic import Anthropic\n\n"
        f'client = Anthropic(base_url="{gateway}", api_key="{KEY}")\n'
        "client.messages.create(\n"
        '    model="assistant", max_tokens=200, messages=[{"role": "user", "content": "Hello"}]\n'
        ")"
    )


def _published(console: str) -> str:
    """A CloudEvent that sets the starter of the choreography going."""
    kind = submitted_type(EVENT_PREFIX)
    return (
        f'curl {console}/api/v1/events -H "Authorization: Bearer {TOKEN}" \\\n'
        '  -H "Content-Type: application/cloudevents+json" \\\n'
        f'  -d \'{{"specversion": "1.0", "id": "1", "source": "/orders", "type": "{kind}",\n'
        '       "data": {"account": "100", "text": "A parcel is late."}}\''
    )
