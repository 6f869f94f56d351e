"""The sandbox model server as an ASGI app: finds the wire and the vendor by path and shapes the errors."""

import asyncio
import contextlib
import itertools
import re
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from . import anthropic_wire, dialects, openai_wire
from .answers import count_tokens
from .behaviour import LISTED, parse_model
from .dialects import Dialect
from .exchange import SERVER, ConnectionDropped, Exchange, WireError
from .models import Models
from .requests import anthropic_question, openai_question

RETRY_AFTER_SECONDS: Final = 1
_PREFIXES: Final[tuple[tuple[str, Dialect], ...]] = (
    (r"/v1", dialects.OPENAI),
    (r"/openai/v1", dialects.AZURE),
    (r"/openai/deployments/(?P<model>[^/]+)", dialects.AZURE),
    (r"/openai", dialects.AZURE),
    (r"/client/v4/accounts/[^/]+/ai/v1", dialects.WORKERS_AI),
    (r"/v1/[^/]+/[^/]+/compat", dialects.AI_GATEWAY),
    (r"/vllm/v1", dialects.VLLM),
    (r"/ollama/v1", dialects.OLLAMA),
)
_CALLS: Final = r"(?P<call>/chat/completions|/embeddings|/models)"
_ROUTES: Final = tuple((re.compile(prefix + _CALLS), dialect) for prefix, dialect in _PREFIXES)
_SWITCH: Final = re.compile(r"/sandbox/models/(?P<name>.+)/(?P<to>down|up)")

Serve = Callable[[Exchange], Coroutine[Any, Any, None]]


class Sandbox:
    """One sandbox model server. The instance is the ASGI app."""

    def __init__(self) -> None:
        self.models = Models()
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        """Serves one request; the work stops when the caller goes away."""
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, receive, send, request_id=f"sandbox-{next(self._numbers):08d}")
        serve, shape = self._find(exchange)
        try:
            await exchange.read_body()
            await _while_connected(exchange, serve(exchange))
        except WireError as error:
            headers = {"retry-after": str(RETRY_AFTER_SECONDS)} if error.status in (429, 503) else {}
            await exchange.send_json(shape(error), status=error.status, headers=headers)
        except ConnectionDropped:
            return  # the server sees an unfinished answer and closes the connection

    def _find(self, exchange: Exchange) -> tuple[Serve, dialects.ErrorBody]:
        """What serves this address, and the shape of its errors."""
        if exchange.path == "/" or exchange.path.startswith("/sandbox/"):
            return self._administer, dialects.openai_error
        if exchange.path.startswith("/v1/messages") or "anthropic-version" in exchange.headers:
            return self._anthropic, lambda error: anthropic_wire.error_body(error, exchange.request_id)
        for pattern, dialect in _ROUTES:
            if match := pattern.fullmatch(exchange.path):
                found = match.groupdict()
                return self._openai(dialect, found["call"], deployment=found.get("model")), dialect.error_body
        return _unknown, dialects.openai_error

    def _openai(self, dialect: Dialect, call: str, *, deployment: str | None) -> Serve:
        async def serve(exchange: Exchange) -> None:
            self.models.counts.remember(exchange.path, exchange.headers, exchange.body)
            dialect.authenticate(exchange)
            if deployment and "api-version" not in exchange.query:
                raise WireError(404, "Resource not found", code="404")
            if call == "/models":
                await exchange.send_json(openai_wire.models(LISTED))
                return
            body = exchange.parsed()
            model = deployment or body.get("model")
            if call == "/embeddings":
                await self.models.embed(exchange, body, model=model)
                return
            question, stream = openai_question(body), bool(body.get("stream"))
            wire = _openai_wire(dialect, exchange, model=model, options=body.get("stream_options"))
            await self.models.chat(exchange, question, wire, model=model, stream=stream)

        return serve

    async def _anthropic(self, exchange: Exchange) -> None:
        self.models.counts.remember(exchange.path, exchange.headers, exchange.body)
        anthropic_wire.authenticate(exchange)
        if exchange.path == "/v1/models":
            await exchange.send_json(anthropic_wire.models(LISTED))
            return
        body = exchange.parsed()
        if exchange.path == "/v1/messages/count_tokens":
            counted = anthropic_question({**body, "max_tokens": 1})
            await exchange.send_json({"input_tokens": max(1, count_tokens(counted.all_text))})
            return
        if exchange.path != "/v1/messages":
            raise WireError(404, "Not found")
        model, stream = body.get("model"), bool(body.get("stream"))
        wire = anthropic_wire.AnthropicWire(model=str(model), call_id=exchange.request_id)
        await self.models.chat(exchange, anthropic_question(body), wire, model=model, stream=stream)

    async def _administer(self, exchange: Exchange) -> None:
        request = f"{exchange.method} {exchange.path}"
        switch = _SWITCH.fullmatch(exchange.path)
        if request == "GET /sandbox/counts":
            await exchange.send_json(self.models.counts.snapshot())
        elif request == "GET /sandbox/requests":
            await exchange.send_json(list(self.models.counts.requests))
        elif request in ("GET /sandbox/health", "GET /"):
            await exchange.send_json({"server": SERVER, "models": LISTED, "down": self.models.down})
        elif request == "POST /sandbox/reset":
            self.models.reset()
            await exchange.send_json({"reset": True})
        elif exchange.method == "POST" and switch and parse_model(switch["name"]):
            mode = exchange.query.get("mode", "unavailable")
            self.models.switch(switch["name"], up=switch["to"] == "up", mode=mode)
            await exchange.send_json({"down": self.models.down})
        else:
            await _unknown(exchange)


def _openai_wire(dialect: Dialect, exchange: Exchange, *, model: object, options: object) -> openai_wire.OpenAIWire:
    wanted = isinstance(options, Mapping) and bool(options.get("include_usage"))
    return openai_wire.OpenAIWire(
        dialect, model=str(model), call_id=exchange.request_id, created=int(time.time()), include_usage=wanted
    )


async def _while_connected(exchange: Exchange, work: Coroutine[Any, Any, None]) -> None:
    """Does the work, and stops it when the caller goes away."""
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(exchange.disconnected())
    await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    if not working.done():
        working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


async def _unknown(exchange: Exchange) -> None:
    raise WireError(404, f"Unknown address {exchange.method} {exchange.path}.", code="unknown_url")
