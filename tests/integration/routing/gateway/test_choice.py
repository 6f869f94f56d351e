"""Which model serves, and when the cache does: explained by the record of each call."""

from typing import Any

import httpx
import pytest

from tests.cast import committed
from tests.gateway import PRICE, Gateway
from tests.integration.routing.gateway.conftest import Bank, eventually
from tests.sandbox import SandboxServer

pytestmark = committed

EASY = "Hi"
HARD = (
    "Janet's bakery makes 120 loaves a day. On Monday she sells 3/4 of them at $4 each, on Tuesday 10% fewer at $3.50 "
    "each, and gives away the rest. If flour costs $0.80 a loaf and rent is $600 a week, how much profit does she make "
    "in 5 such weeks, and how many loaves were given away?"
)


def ask(gateway: Gateway, bank: Bank, text: str = EASY, *, headers: Any = None, **options: Any) -> httpx.Response:
    body = {"model": "chat", "messages": [{"role": "user", "content": text}], "max_tokens": 20, **options}
    sent = {"authorization": f"Bearer {bank.key.secret}", **(headers or {})}
    return httpx.post(f"{gateway.url}/v1/chat/completions", json=body, headers=sent, timeout=30)


def served(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.headers["x-orchestration-model-served"]


def test_an_easy_and_a_hard_prompt_get_different_models(gateway: Gateway, bank: Bank) -> None:
    with bank.acting():
        small, large = bank.world.deployment("sandbox-small"), bank.world.deployment("sandbox-exact")
        candidates = [{"deployment": str(small.id), "tier": "easy"}, {"deployment": str(large.id), "tier": "hard"}]
        bands = {"easy_below": 0.2, "hard_above": 0.2}
        bank.world.route("chat", strategy="difficulty", candidates=candidates, difficulty=bands)

    models = {served(ask(gateway, bank, EASY)), served(ask(gateway, bank, HARD))}

    records = bank.records(2)
    assert models == {"sandbox-small", "sandbox-exact"}
    assert [record["decision"]["reason"] for record in records] == ["difficulty_easy", "difficulty_hard"]


def test_the_cheapest_wins_where_cost_counts(gateway: Gateway, bank: Bank) -> None:
    with bank.acting():
        dear, cheap = bank.world.deployment("sandbox-small"), bank.world.deployment("sandbox-exact", price=PRICE // 10)
        bank.world.route("chat", dear, cheap, strategy="cheapest")

    assert served(ask(gateway, bank)) == "sandbox-exact"
    assert bank.records(1)[0]["decision"]["reason"] == "lowest_cost"


def test_the_fastest_wins_once_latency_was_measured(gateway: Gateway, bank: Bank) -> None:
    bank.route("slow", "sandbox-slow-400")
    bank.route("quick", "sandbox-exact")
    with bank.acting():
        from routing.models import Deployment

        both = list(Deployment.objects.order_by("-name"))
        bank.world.route("chat", *both, strategy="fastest")
    for model in ("slow", "quick", "slow", "quick"):
        ask(gateway, bank, model=model)

    found = eventually(lambda: served(ask(gateway, bank)), lambda name: name == "sandbox-exact", seconds=3)

    assert found == "sandbox-exact"


def test_a_repeat_is_a_cache_hit_that_costs_nothing_and_is_recorded(
    gateway: Gateway, bank: Bank, sandbox: SandboxServer
) -> None:
    bank.route("chat", "sandbox-small", cache_ttl_seconds=60)
    first = ask(gateway, bank)
    again = eventually(lambda: ask(gateway, bank), lambda found: found.headers["x-orchestration-cache"] == "hit")

    record = bank.records(2)[-1]
    assert again.content == first.content
    assert again.headers["x-orchestration-cost-usd"] == "0"
    assert (record["status"], record["cache"], record["cost"]) == ("cached", "hit", 0)
    assert record["saved"] == bank.records(2)[0]["cost"] > 0
    assert sandbox.counts()["calls"] == 1


@pytest.mark.parametrize(("first", "second"), [(False, True), (True, False), (True, True)])
def test_an_answer_is_cached_however_it_was_delivered(
    gateway: Gateway, bank: Bank, sandbox: SandboxServer, first: bool, second: bool
) -> None:
    bank.route("chat", "sandbox-small", cache_ttl_seconds=60)
    client = gateway.client(bank.key)

    def text(*, stream: bool) -> str:
        messages = [{"role": "user", "content": "What is the rate?"}]
        made = client.chat.completions.create(model="chat", messages=messages, max_tokens=20, stream=stream)
        if not stream:
            return made.choices[0].message.content
        return "".join(chunk.choices[0].delta.content or "" for chunk in made if chunk.choices)

    one = text(stream=first)
    eventually(lambda: None, lambda _: False, seconds=0.1)
    two = text(stream=second)

    assert one == two != ""
    assert sandbox.counts()["calls"] == 1


@pytest.mark.parametrize(
    ("header", "value"),
    [("cache-control", "no-cache"), ("cache-control", "no-store"), ("x-orchestration-cache", "skip")],
)
def test_a_client_may_ask_for_a_fresh_answer(
    gateway: Gateway, bank: Bank, sandbox: SandboxServer, header: str, value: str
) -> None:
    bank.route("chat", "sandbox-small", cache_ttl_seconds=60)
    ask(gateway, bank)

    answer = ask(gateway, bank, headers={header: value})

    assert answer.headers["x-orchestration-cache"] in ("miss", "off")
    assert sandbox.counts()["calls"] == 2


def test_a_cached_answer_is_for_its_tenant_and_its_policy_only(
    gateway: Gateway, bank: Bank, sandbox: SandboxServer
) -> None:
    bank.route("chat", "sandbox-small", cache_ttl_seconds=60)
    ask(gateway, bank)
    with bank.acting():
        narrow = bank.world.key("narrow", models=["chat"])
    with bank.cast.acting(tenant=bank.cast.tenant_b):
        other = bank.world.key("b")
        provider = bank.world.provider(name="b")
        bank.world.route("chat", bank.world.deployment("sandbox-small", provider=provider), cache_ttl_seconds=60)

    for key in (narrow, other):
        answer = ask(gateway, bank, headers={"authorization": f"Bearer {key.secret}"})
        assert answer.headers["x-orchestration-cache"] == "miss"
    assert sandbox.counts()["calls"] == 3


def test_a_cached_answer_still_needs_a_valid_key(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small", cache_ttl_seconds=60)
    eventually(lambda: ask(gateway, bank), lambda found: found.headers.get("x-orchestration-cache") == "hit")
    with bank.acting():
        bank.world.revoke(bank.key)

    assert eventually(lambda: ask(gateway, bank).status_code, lambda code: code == 401, seconds=1) == 401
