"""A model behind another wire: the gateway calls the provider process, which calls the vendor."""

import os
from collections.abc import Iterator

import pytest

from tests.cast import committed
from tests.gateway import Gateway, running_gateway
from tests.integration.routing.gateway.conftest import Bank
from tests.provider_process import running_provider_process
from tests.sandbox import SandboxServer

pytestmark = committed

HELLO = [{"role": "user", "content": "Which branch approves a loan of 4 million?"}]


@pytest.fixture(scope="module")
def connected(database_url: str, sandbox_server: SandboxServer) -> Iterator[Gateway]:
    """A gateway with a provider process that may call the sandbox."""
    port = sandbox_server.url.rpartition(":")[2]
    with running_provider_process(egress_allow=f"127.0.0.1:{port}") as path:
        variables = {"PROVIDER_SOCKET": str(path)}
        with running_gateway(database_url, os.environ["REDIS_URL"], variables=variables) as gateway:
            yield gateway


def anthropic_route(bank: Bank, sandbox: SandboxServer) -> None:
    with bank.acting():
        provider = bank.world.provider(kind="anthropic", base_url=sandbox.url)
        bank.world.route("chat", bank.world.deployment("sandbox-small", provider=provider))


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_of_anthropic_is_called_booked_and_recorded_like_any_other(
    connected: Gateway, bank: Bank, sandbox: SandboxServer, stream: bool
) -> None:
    anthropic_route(bank, sandbox)

    made = connected.client(bank.key).chat.completions.create(
        model="chat", messages=HELLO, max_tokens=50, stream=stream
    )
    text = (
        "".join(c.choices[0].delta.content or "" for c in made if c.choices)
        if stream
        else made.choices[0].message.content
    )

    record = bank.records(1)[0]
    counted = sandbox.counts("sandbox-small")
    assert text
    assert (record["status"], record["usage_estimated"]) == ("ok", False)
    assert record["input_tokens"] + record["cached_input_tokens"] == counted["input_tokens"]
    assert record["output_tokens"] == counted["output_tokens"]
    assert [(kind, amount) for kind, amount, _ in bank.settled()] == [("settled", record["cost"])]


def test_without_the_provider_process_nothing_is_spent(gateway: Gateway, bank: Bank, sandbox: SandboxServer) -> None:
    anthropic_route(bank, sandbox)

    with pytest.raises(Exception, match="502"):
        gateway.client(bank.key).chat.completions.create(model="chat", messages=HELLO, max_tokens=50)

    assert {kind for kind, _, _ in bank.settled()} == {"released"}
    assert sandbox.counts()["calls"] == 0
