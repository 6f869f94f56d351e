"""Providers that are down, slow or cut off: the client learns it in its protocol, and no stream looks complete."""

import time
from typing import Any

import openai
import pytest

from tests.sandbox import SandboxServer, free_port
from tests.system import Desk, call, eventually


@pytest.fixture
def key(desk: Desk) -> dict[str, Any]:
    """A key under a hard budget."""
    made = desk.key()
    desk.budget(made, "5")
    return made


def known(desk: Desk, key: dict[str, Any], route: str) -> str:
    """The route, once the gateway has read it."""
    with openai.OpenAI(base_url=desk.info["gateway_url"], api_key=key["secret"]) as client:
        assert eventually(lambda: any(model.id == route for model in client.models.list()))
    return route


@pytest.mark.faults
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("sandbox-fail-500", (502, "upstream_error")),
        ("sandbox-fail-503", (503, "upstream_error")),
        ("sandbox-fail-429", (503, "upstream_error")),
        ("sandbox-fail-401", (502, "upstream_credentials_invalid")),
        ("sandbox-hang", (504, "upstream_timeout")),
        ("sandbox-slow-4000", (504, "upstream_timeout")),
    ],
)
def test_a_provider_that_fails_gives_the_clients_error(
    desk: Desk, models: SandboxServer, key: dict[str, Any], model: str, told: tuple[int, str], stream: bool
) -> None:
    spec = {"first_byte_timeout_seconds": 1, "timeout_seconds": 6, "max_attempts": 1}
    route = known(desk, key, desk.route(desk.provider(f"{models.url}/v1"), model, **spec))
    began = time.monotonic()
    answer = call(desk.info["gateway_url"], key["secret"], route, stream=stream)
    assert (answer.status_code, answer.json()["error"]["code"]) == told
    assert time.monotonic() - began < 5
    assert desk.record(answer)["status"] == "failed"
    assert len(desk.ended(key)) == 1


@pytest.mark.faults
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_a_provider_that_is_not_there_is_an_error_and_costs_nothing(
    desk: Desk, key: dict[str, Any], stream: bool
) -> None:
    route = known(desk, key, desk.route(desk.provider(f"http://127.0.0.1:{free_port()}/v1"), "sandbox-small"))
    answer = call(desk.info["gateway_url"], key["secret"], route, stream=stream)
    assert answer.status_code in (502, 503)
    assert answer.json()["error"]["type"] == "server_error"
    assert {kind for kind, _, _ in desk.ended(key)} == {"released"}


@pytest.mark.faults
@pytest.mark.parametrize("chunks", [1, 3])
def test_a_stream_that_is_cut_never_looks_complete(
    desk: Desk, models: SandboxServer, key: dict[str, Any], chunks: int
) -> None:
    route = known(desk, key, desk.route(desk.provider(f"{models.url}/v1"), f"sandbox-cut-{chunks}"))
    answer = call(desk.info["gateway_url"], key["secret"], route, stream=True, max_tokens=50)
    assert "[DONE]" not in answer.text
    assert '"error"' in answer.text.strip().splitlines()[-1]
    [(kind, amount, held)] = desk.ended(key)[-1:]
    assert (kind, amount) == ("settled", held), "what was used is not known, so all that was held is booked"
    with openai.OpenAI(base_url=desk.info["gateway_url"], api_key=key["secret"], max_retries=0) as client:
        stream = client.chat.completions.create(
            model=route, messages=[{"role": "user", "content": "Again"}], stream=True, max_tokens=50
        )
        with pytest.raises(openai.APIError):
            list(stream)


@pytest.mark.faults
def test_a_second_rung_takes_over_from_one_that_fails(desk: Desk, models: SandboxServer, key: dict[str, Any]) -> None:
    ladder = ("sandbox-fail-503", "sandbox-slow-5")
    route = known(desk, key, desk.route(desk.provider(f"{models.url}/v1"), *ladder, first_byte_timeout_seconds=1))
    answer = call(desk.info["gateway_url"], key["secret"], route)
    assert answer.status_code == 200
    assert answer.headers["x-orchestration-model-served"] == "sandbox-slow-5"
    assert sorted(kind for kind, _, _ in desk.ended(key)) in (["released", "settled"], ["settled", "settled"])
