"""Chat completions through a real gateway process, seen by the stock OpenAI client."""

import json

import httpx
import openai
import pytest

from tests.cast import committed
from tests.gateway import Gateway
from tests.integration.routing.gateway.conftest import Bank, eventually
from tests.sandbox import SandboxServer

pytestmark = committed

HELLO = [{"role": "user", "content": "Which branch approves a loan of 4 million?"}]


def ask(gateway: Gateway, bank: Bank, model: str = "chat", **options: object) -> httpx.Response:
    body = {"model": model, "messages": HELLO, "max_tokens": 50, **options}
    headers = {"authorization": f"Bearer {bank.key.secret}"}
    return httpx.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers, timeout=30)


def test_a_plain_call_is_answered_booked_and_recorded(gateway: Gateway, bank: Bank) -> None:
    deployment = bank.route("chat", "sandbox-small")[0]

    raw = gateway.client(bank.key).chat.completions.with_raw_response.create(
        model="chat", messages=HELLO, max_tokens=50
    )

    answer, headers = raw.parse(), raw.headers
    tokens = answer.usage.total_tokens
    record = bank.records(1)[0]
    assert answer.choices[0].message.content
    assert record["status"] == "ok"
    assert str(record["id"]) == headers["x-request-id"] == headers["x-orchestration-decision-id"]
    assert record["deployment_id"] == deployment.id
    assert record["input_tokens"] + record["output_tokens"] == tokens
    assert record["cost"] == tokens * 1_000_000
    assert record["decision"]["route"]["name"] == "chat"
    assert record["usage_raw"] == answer.usage.model_dump(exclude_unset=True)
    assert [(kind, amount) for kind, amount, _ in bank.settled()] == [("settled", record["cost"])]


def test_the_headers_tell_what_served_and_what_is_left(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small")
    with bank.acting():
        bank.world.limit(100, meter="requests", window="minute", key=bank.key)

    headers = ask(gateway, bank).headers

    assert headers["x-orchestration-model-served"] == "sandbox-small"
    assert headers["x-orchestration-route-version"] == "1"
    assert headers["x-orchestration-attempts"] == "1"
    assert headers["x-orchestration-cache"] == "off"
    assert float(headers["x-orchestration-cost-usd"]) > 0
    assert float(headers["x-orchestration-budget-remaining-usd"]) < 10**6
    assert float(headers["x-orchestration-overhead-ms"]) >= 0
    assert (headers["x-ratelimit-limit-requests"], headers["x-ratelimit-remaining-requests"]) == ("100", "99")
    assert headers["x-ratelimit-reset-requests"].endswith("s")


@pytest.mark.parametrize("wanted", [True, False])
def test_a_streamed_call_has_usage_only_if_asked_for_and_is_booked_either_way(
    gateway: Gateway, bank: Bank, wanted: bool
) -> None:
    bank.route("chat", "sandbox-small")
    options = {"stream_options": {"include_usage": True}} if wanted else {}

    chunks = list(
        gateway.client(bank.key).chat.completions.create(
            model="chat", messages=HELLO, max_tokens=50, stream=True, **options
        )
    )

    record = bank.records(1)[0]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert [bool(chunk.usage) for chunk in chunks] == [False] * (len(chunks) - 1) + [wanted]
    assert (record["status"], record["stream"], record["usage_estimated"]) == ("ok", True, False)
    assert record["first_token_ms"] is not None
    assert [(kind, amount) for kind, amount, _ in bank.settled()] == [("settled", record["cost"])]


def test_plain_and_streamed_cost_the_same(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-exact")

    ask(gateway, bank)
    ask(gateway, bank, stream=True)

    plain, streamed = bank.records(2)
    assert plain["cost"] == streamed["cost"] > 0


def test_the_provider_sees_the_clients_request_under_its_own_model_name(
    gateway: Gateway, bank: Bank, sandbox: SandboxServer
) -> None:
    bank.route("chat", "sandbox-small")

    ask(gateway, bank, stream=True, temperature=0.25, user="u-1")

    body = sandbox.requests()[-1]["body"]
    body = json.loads(body) if isinstance(body, str) else body
    assert body["model"] == "sandbox-small"
    assert (body["temperature"], body["user"]) == (0.25, "u-1")
    assert body["stream_options"] == {"include_usage": True}


def test_models_lists_the_routes_of_the_key(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small")
    bank.route("other", "sandbox-small")
    with bank.acting():
        narrow = bank.world.key("narrow", models=["other"])

    assert [model.id for model in gateway.client(bank.key).models.list()] == ["chat", "other"]
    assert [model.id for model in gateway.client(narrow).models.list()] == ["other"]
    with pytest.raises(openai.NotFoundError):
        gateway.client(narrow).models.retrieve("chat")


def test_a_change_of_the_configuration_is_used_within_a_second(gateway: Gateway, bank: Bank) -> None:
    bank.route("chat", "sandbox-small")
    assert ask(gateway, bank, "later").status_code == 404

    bank.route("later", "sandbox-small")
    assert eventually(lambda: ask(gateway, bank, "later").status_code, lambda code: code == 200, seconds=1) == 200
