"""`call: chat`: one question to a model, as a client of the gateway with a key of the definition's unit.

    with: {model, prompt | messages, system, temperature, maxTokens, stop, seed, schema}

The same decision, hold, settlement and usage record as for any other client; the record carries the id of the run. The
key is made for one call and revoked by time; when the unit's budget is used up, the task fails with the gateway's
words. A question has no effect in the world, so it may be asked again; it is billed each time it is.
"""

import json
from http import HTTPStatus
from typing import Any, Final

from routing.gateway_port import GatewayReply, GatewayUnreachable, gateway
from tenants.errors import Conflict
from workflows.domain.failures import TYPES, WorkflowError, standard
from workflows.domain.signals import Failed, Outcome, Succeeded
from workflows.functions.contract import Invocation
from workflows.workload_keys import NoUnit, forget_secrets, workload_secret

VERSIONS: Final = ("1.0.0",)
NETWORK: Final = True
PATH: Final = "/v1/chat/completions"
_SAME: Final = ("temperature", "stop", "seed")


def perform(invocation: Invocation) -> Outcome:
    """Ask the model."""
    try:
        secret = workload_secret(invocation.definition_id)
    except NoUnit as error:
        return Failed(error=standard("configuration", str(error)), retriable=False)
    except Conflict as error:  # somebody revoked the key, which is how the model calls of a unit's runs are stopped
        return Failed(error=standard("authorization", error.message), retriable=False)
    headers = {
        "Authorization": f"Bearer {secret}",
        "Content-Type": "application/json",
        "X-Orchestration-Run": str(invocation.run_id),
    }
    body = json.dumps(question(invocation.arguments)).encode()
    try:
        reply = gateway().post(PATH, headers=headers, body=body, seconds=invocation.deadline_seconds)
    except GatewayUnreachable as error:
        return Failed(error=standard("communication", f"The gateway did not answer: {error}"))
    return answer(reply, invocation.arguments)


def question(given: dict[str, Any]) -> dict[str, Any]:
    """The body in the OpenAI wire."""
    messages = given.get("messages") or [{"role": "user", "content": _text(given.get("prompt"))}]
    system = [{"role": "system", "content": given["system"]}] if given.get("system") else []
    body = {"model": given.get("model"), "messages": [*system, *messages]}
    body |= {name: given[name] for name in _SAME if given.get(name) is not None}
    if given.get("maxTokens") is not None:
        body["max_tokens"] = given["maxTokens"]
    if given.get("schema") is not None:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": False, "schema": given["schema"]},
        }
    return body


def answer(reply: GatewayReply, given: dict[str, Any]) -> Outcome:
    """What the gateway's answer means for the task."""
    if reply.status != 200:
        return _refused(reply)
    try:
        source = json.loads(reply.body)
        choice = source["choices"][0]
        text = choice["message"]["content"] or ""
    except (ValueError, LookupError, TypeError):
        return Failed(error=standard("communication", "The gateway's answer could not be read."))
    if given.get("schema") is not None:
        return _parsed(text)
    own = {name.removeprefix("x-orchestration-"): value for name, value in reply.headers.items()}
    return Succeeded(
        output={
            "content": text,
            "finishReason": choice.get("finish_reason"),
            "model": own.get("model-served") or source.get("model"),
            "requestId": own.get("decision-id", ""),
            "costUsd": own.get("cost-usd"),
            "usage": source.get("usage") or {},
        }
    )


def _parsed(text: str) -> Outcome:
    try:
        return Succeeded(output=json.loads(_unfenced(text)))
    except ValueError:
        error = standard("validation", "The model's answer is not JSON.", detail=text[:1000])
        return Failed(error=error, retriable=True)


def _unfenced(text: str) -> str:
    """Models like to put JSON into a fence, whatever they are told."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        return text.partition("\n")[2].rpartition("```")[0]
    return text


def _refused(reply: GatewayReply) -> Outcome:
    if reply.status == HTTPStatus.UNAUTHORIZED:
        forget_secrets()
    try:
        error = json.loads(reply.body)["error"]
        said, code = str(error.get("message") or ""), str(error.get("code") or error.get("type") or "")
    except (ValueError, LookupError, TypeError, AttributeError):
        said, code = "", ""
    title = said or f"The gateway answered {reply.status}."
    fault = WorkflowError(type=f"{TYPES}communication", status=reply.status, title=title[:500], detail=code)
    wait = reply.headers.get("retry-after", "")
    later = float(wait) if wait.isdigit() else 0.0
    retriable = reply.headers.get("x-should-retry") != "false" and (reply.status in {408, 429} or reply.status >= 500)
    return Failed(error=fault, retriable=retriable, retry_after_seconds=later)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
