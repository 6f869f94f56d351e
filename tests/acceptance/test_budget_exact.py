"""A budget for exactly ten calls, a hundred at once over two gateway processes: ten, not one more."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest

from tests.gateway import Gateway
from tests.sandbox import SandboxServer
from tests.system import Desk, call, eventually

TOKENS = 100
CALL_NANO = TOKENS * 1_000  # output at a dollar per million tokens, input free: the worst case is what it will cost
BUDGET = "0.001"  # ten calls


@pytest.fixture
def route(desk: Desk, models: SandboxServer) -> str:
    """A route whose calls cost exactly CALL_NANO."""
    models.reset()
    return desk.route(desk.provider(f"{models.url}/v1"), "sandbox-exact", prices={"sandbox-exact": ("0", "1")})


def ready(gateways: list[str], secret: str, route: str) -> None:
    """Both gateways have read the new configuration; asked by a call that is refused before it costs anything."""
    for url in gateways:
        with openai.OpenAI(base_url=url, api_key=secret, max_retries=8) as client:
            assert eventually(lambda client=client: any(model.id == route for model in client.models.list()))


def settle(desk: Desk, key: dict[str, Any], limit: dict[str, Any]) -> tuple[int, int, int]:
    """(committed, held, overrun) of the limit, once every hold has ended."""
    desk.ended(key)
    query = "select committed, held, overrun from keys_limitperiod where limit_id = %s"
    return desk.rows(query, limit["id"])[0]  # type: ignore[return-value]


@pytest.mark.parametrize("stream", [False, True])
def test_ten_of_a_hundred_calls_pass_and_ninety_learn_which_limit(
    desk: Desk, gateways: list[str], models: SandboxServer, route: str, stream: bool
) -> None:
    key = desk.key()
    limit = desk.budget(key, BUDGET)
    ready(gateways, key["secret"], route)

    def ask(number: int) -> Any:
        for _ in range(40):  # 503 says that nothing was decided and nothing sent
            answer = call(gateways[number % 2], key["secret"], route, max_tokens=TOKENS, stream=stream)
            if answer.status_code != 503:
                break
        return answer

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(ask, range(100)))
    passed = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 429]

    assert (len(passed), len(refused)) == (10, 90)
    assert models.counts("sandbox-exact")["calls"] == 10
    assert all("data: [DONE]" in answer.text for answer in passed) or not stream
    assert {answer.json()["error"]["type"] for answer in refused} == {"insufficient_quota"}
    assert {answer.json()["error"]["limit_id"] for answer in refused} == {limit["id"]}
    assert {answer.headers["x-should-retry"] for answer in refused} == {"false"}
    assert settle(desk, key, limit) == (10 * CALL_NANO, 0, 0)
    assert desk.ended(key) == [("settled", CALL_NANO, CALL_NANO)] * 10


def test_the_stock_client_does_not_insist_on_an_exhausted_budget(
    desk: Desk, second: Gateway, models: SandboxServer, route: str
) -> None:
    key = desk.key()
    desk.budget(key, "0.0000999")
    ready([second.url], key["secret"], route)
    patient = openai.OpenAI(base_url=f"{second.url}/v1", api_key=key["secret"], max_retries=3)
    with patient as client, pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model=route, messages=[{"role": "user", "content": "Hello"}], max_tokens=TOKENS)
    assert refused.value.code == "project_spend_limit_exceeded"
    assert models.counts("sandbox-exact")["calls"] == 0
    written = desk.rows("select status from routing_usagerecord where virtual_key_id = %s", key["id"])
    assert len(written) <= 1, "a client that repeats would be refused four times"


def test_the_books_agree_with_the_limits_and_the_requests(desk: Desk, gateways: list[str], route: str) -> None:
    key = desk.key()
    limit = desk.budget(key, BUDGET)
    ready(gateways, key["secret"], route)
    ids = [call(gateways[n % 2], key["secret"], route, max_tokens=TOKENS).headers["x-request-id"] for n in range(4)]
    committed, held, _ = settle(desk, key, limit)
    costs = desk.rows("select cost from routing_usagerecord where id = any(%s::uuid[])", ids)
    assert committed == sum(cost for (cost,) in costs) == 4 * CALL_NANO
    assert held == 0
    assert desk.up.manage("ledger_check").returncode == 0
    assert desk.api.get("ledger/check/").json()["balances"] is True
