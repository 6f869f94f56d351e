"""The simulator tells the truth: given the same state it decides 200 varied requests as the gateway did, to the byte.

The stored decisions give only the state of the moment (time, circuits, latencies, incumbent). Route, features
and decision are made anew by the simulator, from the database and from what a person would choose on its form.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from django.utils import timezone

from keys.services import limit_deactivate
from routing.domain.explain import decision_from_dict, decision_to_dict
from routing.domain.simulation import SimulationRequest, Stage, chat_body, simulate
from routing.domain.spec import canonical_json
from routing.simulator import play, route_stage, with_task
from tests.gateway import Gateway, Key
from tests.integration.routing.gateway.conftest import Bank
from tests.sandbox import SandboxServer

CALLS = 200
SMALL, LARGE, UNPRICED, UNSTREAMED = MODELS = tuple(f"sandbox-slow-{ms}" for ms in (5, 60, 20, 40))
PROMPTS = (
    "Hello",
    "What are your opening hours on Saturday?",
    "Prove, step by step, that the amortisation converges; compare (a) swaps, (b) caps, and show f(x) = x^2 / (1 + x).",
    "Thứ Bảy ngân hàng mở cửa lúc mấy giờ, và tôi có đổi số điện thoại tại quầy được không?",
    "このローンの金利はいくらですか。",
    "Сколько стоит перевод за границу?",
    "A clause of the contract about notice periods. " * 60,
    "Number 12345; again, number 12345. " * 200,
    "\U0001f3e6\U0001f4b8?",
)
ROUTES: dict[str, dict[str, Any]] = {
    "ordered": {"strategy": "ordered"},
    "cheapest": {"strategy": "cheapest"},
    "fastest": {"strategy": "fastest"},
    "difficulty": {"strategy": "difficulty", "difficulty": {"easy_below": 0.3, "hard_above": 0.5, "unsure": "easy"}},
    "balanced": {"strategy": "balanced", "cost_weight": 0.4, "latency_weight": 0.3, "quality_weight": 0.3},
    "quality": {"strategy": "balanced", "cost_weight": 0.0, "latency_weight": 0.1, "quality_weight": 0.9},
    "capped": {"strategy": "difficulty", "latency_cap_ms": 50},
    "eu": {"strategy": "cheapest", "residency": "eu"},
}


@dataclass(frozen=True)
class Asked:
    """One call: of which route, with which key, for what."""

    route: str
    hard: bool
    request: SimulationRequest


@dataclass(frozen=True)
class City:
    """A tenant with routes of every kind, a key under a hard budget and one without."""

    bank: Bank
    http: httpx.Client
    stages: dict[str, Stage]
    free: Key

    def ask(self, asked: Asked) -> str:
        """The call as a client makes it; the id under which its decision is stored."""
        key = self.bank.key if asked.hard else self.free
        body = canonical_json(chat_body(asked.request, asked.route))
        headers = {"authorization": f"Bearer {key.secret}", "content-type": "application/json"}
        answer = self.http.post("/v1/chat/completions", content=body, headers=headers)
        return answer.headers.get("x-orchestration-decision-id") or answer.headers["x-request-id"]


@pytest.fixture
def city(gateway: Gateway, bank: Bank) -> Iterator[City]:
    world = bank.world
    with bank.acting():
        limit_deactivate(bank.limit.pk, reason="other limits")
        world.limit(10**16, key=bank.key)
        abroad = world.provider(name="abroad")
        abroad.residency = "eu"
        abroad.save()
        deployments = [
            world.deployment(SMALL, price=10**9, quality=0.4, context_window=2048, supports_tools=False),
            world.deployment(LARGE, price=9 * 10**9, quality=0.9, provider=abroad, supports_vision=True),
            world.deployment(UNPRICED, price=None, quality=0.3, supports_json=False, max_output_tokens=300),
            world.deployment(UNSTREAMED, price=2 * 10**9, quality=0.6, supports_streaming=False),
        ]
        routes = {name: world.route(name, *deployments, cache_ttl_seconds=0, **spec) for name, spec in ROUTES.items()}
        free = world.key("free")
        stages = {name: route_stage(route.pk, now=timezone.now()) for name, route in routes.items()}
    with httpx.Client(base_url=gateway.url, timeout=30) as http:
        yield City(bank, http, stages, free)


def varied(count: int) -> Iterator[Asked]:
    """Calls of all kinds, always the same ones."""
    chance = random.Random(20261126)
    names = list(ROUTES)
    for number in range(count):
        yield Asked(
            route=names[number % len(names)],
            hard=chance.random() < 0.4,
            request=SimulationRequest(
                prompt=chance.choice(PROMPTS) + f" ({number})",
                answer_tokens=chance.choice((1, 20, 250, 301, 900, 1025)),
                tools=chance.random() < 0.25,
                json=chance.random() < 0.25,
                vision=chance.random() < 0.15,
                stream=chance.random() < 0.3,
            ),
        )


def test_the_simulator_decides_200_requests_as_the_gateway_did(city: City, sandbox: SandboxServer) -> None:
    calls = list(varied(CALLS))
    down = {60: SMALL, 120: LARGE}  # from this call on, so that circuits open meanwhile
    ids: list[str] = []
    with ThreadPoolExecutor(8) as pool:
        for start in range(0, CALLS, 20):
            if start in down:
                sandbox.take_down(down[start])
            ids += pool.map(city.ask, calls[start : start + 20])
    stored = {str(row["id"]): row["decision"] for row in city.bank.records(CALLS)}
    assert len(stored) == CALLS

    differences = [_difference(city, asked, stored[id_]) for asked, id_ in zip(calls, ids, strict=True)]

    assert [found for found in differences if found] == []
    _is_varied(list(stored.values()))


def _difference(city: City, asked: Asked, stored: dict[str, Any]) -> str:
    simulated = _simulated(city, asked, stored)
    if canonical_json(simulated) == canonical_json(stored):
        return ""
    names = [name for name in {*simulated, *stored} if simulated.get(name) != stored.get(name)]
    return f"{asked}: " + ", ".join(f"{name}: {stored.get(name)} -> {simulated.get(name)}" for name in names)


def _simulated(city: City, asked: Asked, stored: dict[str, Any]) -> dict[str, Any]:
    """The decision of the simulator in the state that the gateway had."""
    state = decision_from_dict(stored).snapshot
    snapshot = replace(state, hard_limit=False)  # whether the key has a hard budget is said on the form
    simulation = play(
        replace(asked.request, hard_budget=asked.hard), replace(city.stages[asked.route], snapshot=snapshot)
    )
    found: dict[str, Any] = json.loads(canonical_json(decision_to_dict(simulation.decision)))
    return found


def _is_varied(decisions: list[dict[str, Any]]) -> None:
    """The sample means something: many winners, reasons and rules, measured latencies, open circuits, refusals."""
    reasons = Counter(one["reason"] for one in decisions)
    rules = Counter(rule for one in decisions for row in one["candidates"] for rule, _need, _have in row["failed"])
    winners = {one["candidates"][one["winner"]]["name"] for one in decisions if one["winner"] is not None}
    latencies = Counter(row["latency"][3] for one in decisions for row in one["candidates"])
    assert len(winners) == len(MODELS)
    assert len(reasons) >= 8
    assert {
        "residency",
        "streaming",
        "tools",
        "json",
        "vision",
        "output",
        "context",
        "priced",
        "bounded",
        "health",
    } <= set(rules)
    assert latencies["measured"] > 100
    assert reasons["no_candidate"] > 0


def test_a_what_if_is_what_the_gateway_does_once_it_is_published(city: City) -> None:
    """The route `ordered` played with the strategy of another route agrees with the gateway's decision on that one."""
    asked = Asked("cheapest", False, SimulationRequest(prompt="What are the fees?", answer_tokens=50))
    id_ = city.ask(asked)
    stored = next(row["decision"] for row in city.bank.records(1) if str(row["id"]) == id_)
    stage = replace(city.stages["ordered"], snapshot=decision_from_dict(stored).snapshot)
    imagined = simulate(replace(with_task(asked.request), strategy="cheapest"), stage)
    told = decision_to_dict(imagined.decision)
    assert [one.name for one in imagined.what_if] == ["strategy"]
    for name in ("candidates", "ladder", "reason", "winner", "margin", "counterfactual", "spec"):
        assert canonical_json(told[name]) == canonical_json(stored[name]), name
