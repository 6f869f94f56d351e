"""Trying a route from the console: a real call through the gateway, held, settled and recorded like any other.

There is one path to a model. The console is a client with a virtual key of the unit that pays; that key has the name
TRY_KEY, works only for a few minutes after it was last wanted, and can be revoked like any other to end the trying.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from keys.selectors import virtual_key_list
from keys.services import virtual_key_change, virtual_key_issue, virtual_key_rotate
from routing.access import access_route
from routing.domain.control import RouteStatus
from routing.gateway_port import GatewayReply, GatewayUnreachable, gateway
from tenants.access import access_unit, require
from tenants.errors import Conflict, Invalid
from tenants.scope import Actor, Scope, current_scope, tenant_tx

TRY_KEY = "Try it (console)"
KEY_MINUTES = 10
OVERLAP_HOURS = 1  # another try may be under way with the secret before
MAX_PROMPT = 20_000
MAX_OUTPUT_TOKENS = 4096
TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TryRequest:
    """What to ask, of which route, at the expense of which unit."""

    route_id: UUID
    unit_id: UUID
    prompt: str
    system: str = ""
    max_output_tokens: int = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class TryResult:
    """The answer or the error as any client gets it; `status` 0 when the gateway did not answer at all."""

    status: int
    latency_ms: int
    answer: str = ""
    finish_reason: str = ""
    error_code: str = ""
    error_message: str = ""
    request_id: str = ""
    model_served: str = ""
    route_version: str = ""
    attempts: str = ""
    cache: str = ""
    cost_usd: str = ""
    overhead_ms: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)


def try_route(wanted: TryRequest) -> TryResult:
    """Ask the route through the gateway. Call it outside any transaction: it waits for the model."""
    _check(wanted)
    with tenant_tx():
        require("route.try")
        route = access_route(wanted.route_id)
        if route.status != RouteStatus.ACTIVE:
            raise Conflict(_("This route is archived and answers nobody."))
        secret = _secret_for(wanted.unit_id)
    return _ask(_body(route.name, wanted), secret)


def _check(wanted: TryRequest) -> None:
    errors: dict[str, list[str]] = {}
    if not wanted.prompt.strip() or len(wanted.prompt) > MAX_PROMPT:
        errors["prompt"] = [_("Write a prompt of 1 to %(most)d characters.") % {"most": MAX_PROMPT}]
    if len(wanted.system) > MAX_PROMPT:
        errors["system"] = [_("Use at most %(most)d characters.") % {"most": MAX_PROMPT}]
    if not 1 <= wanted.max_output_tokens <= MAX_OUTPUT_TOKENS:
        errors["max_output_tokens"] = [_("Use a number from 1 to %(most)d.") % {"most": MAX_OUTPUT_TOKENS}]
    if errors:
        raise Invalid(errors=errors)


def _secret_for(unit_id: UUID) -> str:
    """A fresh secret of the unit's key for trying. People who may try need not be allowed to change keys."""
    unit = access_unit(unit_id, lock=True)  # two first tries at once make one key
    until = timezone.now() + timedelta(minutes=KEY_MINUTES)
    with tenant_tx(_on_behalf(current_scope())):
        key = virtual_key_list(unit_id=unit.pk).filter(name=TRY_KEY).first()
        if key is None:
            return virtual_key_issue(unit_id=unit.pk, name=TRY_KEY, expires_at=until).secret
        virtual_key_change(key.pk, name=TRY_KEY, allowed_models=key.allowed_models, expires_at=until)
        return virtual_key_rotate(key.pk, overlap_hours=OVERLAP_HOURS).secret


def _on_behalf(scope: Scope) -> Scope:
    """The same scope with the rights of the system; audit goes on naming the person."""
    actor = Actor(kind="system", id=scope.actor.id, label=scope.actor.label)
    return Scope(tenant_id=scope.tenant_id, actor=actor, request_id=scope.request_id, ip=scope.ip)


def _body(model: str, wanted: TryRequest) -> bytes:
    system = [{"role": "system", "content": wanted.system}] if wanted.system.strip() else []
    messages = [*system, {"role": "user", "content": wanted.prompt}]
    return json.dumps({"model": model, "messages": messages, "max_tokens": wanted.max_output_tokens}).encode()


def _ask(body: bytes, secret: str) -> TryResult:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    began = time.monotonic()
    try:
        reply = gateway().post("/v1/chat/completions", headers=headers, body=body, seconds=TIMEOUT_SECONDS)
    except GatewayUnreachable as error:
        text = _("The gateway did not answer: %(reason)s.") % {"reason": error}
        return TryResult(status=0, latency_ms=_since(began), error_code="gateway_unreachable", error_message=text)
    return _result(reply, latency_ms=_since(began))


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _result(reply: GatewayReply, *, latency_ms: int) -> TryResult:
    own = {name.removeprefix("x-orchestration-"): value for name, value in reply.headers.items()}
    return TryResult(
        status=reply.status,
        latency_ms=latency_ms,
        request_id=own.get("decision-id") or own.get("x-request-id", ""),
        model_served=own.get("model-served", ""),
        route_version=own.get("route-version", ""),
        attempts=own.get("attempts", ""),
        cache=own.get("cache", ""),
        cost_usd=own.get("cost-usd", ""),
        overhead_ms=own.get("overhead-ms", ""),
        **_content(reply),
    )


def _content(reply: GatewayReply) -> dict[str, Any]:
    """The text or the error of an answer in the OpenAI wire; what does not look like one is an error too."""
    try:
        source = json.loads(reply.body)
        if reply.status != 200:
            error = source["error"]
            return {"error_code": error["code"] or error["type"], "error_message": error["message"]}
        choice = source["choices"][0]
        answer = {"answer": choice["message"]["content"] or "", "finish_reason": choice["finish_reason"] or ""}
        return answer | {"usage": source.get("usage") or {}}
    except (ValueError, LookupError, TypeError):
        return {"error_code": "unreadable_answer", "error_message": _("The gateway's answer could not be read.")}
