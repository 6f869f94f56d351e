"""Calls through the gateway with the stock client, so that every page has something true to show."""

from typing import TYPE_CHECKING, Any

import httpx
import openai

from tests.browser.asking import ask as ask_people
from tests.browser.workflow_traffic import make_workflow_traffic

if TYPE_CHECKING:
    from tests.browser.system import System

EASY = "What are your opening hours?"
HARD = (
    "Prove, step by step and with all intermediate equations, that the amortisation schedule of a loan with a variable "
    "rate converges, then derive the sensitivity of the last instalment to the second reset, compare three estimators, "
    "and write Python code with tests that checks the derivation against simulated rates."
)


def make_traffic(system: "System") -> None:
    """Plain, streamed, cached, refused, failed and rescued calls, and a run that waits for a person."""
    _routes(system)
    ask_people(system, 12)
    with openai.OpenAI(base_url=f"{system.gateway_url}/v1", api_key=system.virtual_key, max_retries=0) as client:
        for number in range(3):
            ask(client, "assistant", f"{EASY} Branch {number}.")
        ask(client, "assistant", HARD)
        for _repeat in range(2):
            ask(client, "assistant", EASY)
        ask(client, "assistant-cheap", EASY, stream=True)
        for name in ("assistant-fast", "exact", "rescued", "broken", "no-such-model"):
            ask(client, name, EASY)
        ask(client, "assistant-cheap", EASY, max_tokens=10_000_000)
    make_workflow_traffic(system)


def ask(client: openai.OpenAI, model: str, prompt: str, **options: Any) -> Any:
    """One call; an error of the gateway is an answer too."""
    wanted = {"max_tokens": 40} | options
    try:
        answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": prompt}], **wanted)
        return list(answer) if options.get("stream") else answer
    except openai.APIError as error:
        return error


def _routes(system: "System") -> None:
    """A route that is rescued by its second rung, and one that nothing rescues."""
    with httpx.Client(base_url=f"{system.base_url}/api/v1/", headers=_bearer(system)) as api:
        provider = api.get("providers/").raise_for_status().json()["results"][0]["id"]
        deployments = api.get("deployments/").raise_for_status().json()["results"]
        small = next(one["id"] for one in deployments if one["model"] == "sandbox-small")
        failing = _create(api, "deployments/", name="Sandbox failing", provider_id=provider, model="sandbox-fail-503",
                          price={"input": "0.1", "output": "0.2"})  # fmt: skip
        for name, rungs in {"rescued": [failing, small], "broken": [failing]}.items():
            spec = {"strategy": "ordered", "candidates": [{"deployment": one} for one in rungs]}
            _create(api, "routes/", name=name, spec=spec, note="for the browser tests")


def _create(api: httpx.Client, path: str, **fields: Any) -> str:
    response = api.post(path, json=fields)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def _bearer(system: "System") -> dict[str, str]:
    return {"Authorization": f"Bearer {system.api_token}"}
