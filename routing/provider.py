"""The provider process: providers that do not speak the OpenAI wire, behind the OpenAI wire on a Unix socket.

This is the only file that imports litellm. The library is used for one thing, translating a call and its answer; its
retries, fallbacks, caches, callbacks and prices are not used. The gateway decides, holds and settles.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from importlib.metadata import version
from typing import Any, Final

import litellm
from litellm.llms.custom_httpx.aiohttp_transport import LiteLLMAiohttpTransport
from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

from routing.domain.provider_answer import chunk, completion, says_something, usage_chunk
from routing.domain.provider_call import CallRefused, ProviderCall, parse_call
from routing.domain.provider_errors import Failure, cut_short, translate
from routing.provider_http import CallerGone, Exchange

TIMEOUT_SECONDS: Final = 600.0
_ANY_OBJECT: Final = {"name": "answer", "schema": {"type": "object", "additionalProperties": True}}

_log = logging.getLogger(__name__)

litellm.suppress_debug_info = True
litellm.drop_params = True
litellm.turn_off_message_logging = True
litellm.disable_streaming_logging = True
litellm.disable_aiohttp_trust_env = True


class ProviderProcess:
    """The ASGI app. `session_for` gives the aiohttp session that may call an address, or raises."""

    def __init__(self, session_for: Callable[[str], Any]) -> None:
        self._session_for = session_for
        self._handlers: dict[int, AsyncHTTPHandler] = {}

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        """Serves one request; when the caller goes away the provider's connection is closed."""
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, receive, send)
        if exchange.target == "GET /health":
            await exchange.answer({"status": "ok", "litellm": version("litellm")})
        elif exchange.target == "POST /v1/chat/completions":
            with contextlib.suppress(CallerGone):
                await self._serve(exchange)
        else:
            refusal = CallRefused("The provider process serves /v1/chat/completions.", code="unknown_url", status=404)
            await exchange.answer(_refused(refusal), status=404)

    async def _serve(self, exchange: Exchange) -> None:
        try:
            call = parse_call(exchange.headers, await exchange.json_body())
        except CallRefused as refusal:
            await exchange.answer(_refused(refusal), status=refusal.status)
        except ValueError as error:
            unreadable = CallRefused(f"The request body cannot be read: {error}", code="invalid_json")
            await exchange.answer(_refused(unreadable), status=unreadable.status)
        else:
            await _while_connected(exchange, self._perform(exchange, call))

    async def _perform(self, exchange: Exchange, call: ProviderCall) -> None:
        try:
            answer = await self._ask(call)
            if call.stream:
                await _relay(exchange, answer)
            else:
                await exchange.answer(completion(answer.model_dump()))
        except Exception as error:
            failure = translate(error)
            _log.warning("%s failed: %s", call.provider, failure.code, exc_info=failure.status == 500)
            await _fail(exchange, failure)

    async def _ask(self, call: ProviderCall) -> Any:
        """One attempt. The library's own tool server and argument forwarding stay out of it."""
        return await litellm.acompletion(
            model=call.model,
            custom_llm_provider=call.provider,
            api_base=call.base_url,
            api_key=call.api_key,
            client=self._handler(call.base_url),
            stream=call.stream,
            stream_options={"include_usage": True} if call.stream else None,
            timeout=TIMEOUT_SECONDS,
            num_retries=0,
            max_retries=0,
            _skip_mcp_handler=True,
            **_with_json_schema(call.parameters),
        )

    def _handler(self, url: str) -> AsyncHTTPHandler:
        """The library's HTTP client over a session that only calls permitted addresses."""
        session = self._session_for(url)
        handler = self._handlers.get(id(session))
        if handler is None:
            transport = LiteLLMAiohttpTransport(client=session, owns_session=False, session_factory=lambda: session)
            handler = AsyncHTTPHandler(transport=transport, timeout=TIMEOUT_SECONDS, follow_redirects=False)
            self._handlers[id(session)] = handler
        return handler


async def _relay(exchange: Exchange, stream: Any) -> None:
    """Hands a stream on. The library invents a finish where the provider sent none; that counts as cut."""
    try:
        last, used = await _relay_chunks(exchange, stream)
    finally:
        await stream.aclose()
    if stream.received_finish_reason is None:
        await _fail(exchange, cut_short())
        return
    await exchange.event(usage_chunk(last, used))
    await exchange.end(complete=True)


async def _relay_chunks(exchange: Exchange, stream: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    last: Mapping[str, Any] = {}
    used: Mapping[str, Any] = {}
    async for part in stream:
        last = part.model_dump()
        used = last.get("usage") or used
        made = chunk(last)
        invented = stream.received_finish_reason is None and any(choice["finish_reason"] for choice in made["choices"])
        if says_something(made) and not invented:
            await exchange.event(made)
    return last, used


async def _fail(exchange: Exchange, failure: Failure) -> None:
    """Answers with the error, as an event without an end mark where a stream has begun."""
    if exchange.started:
        await exchange.event(failure.body())
        await exchange.end(complete=False)
    else:
        await exchange.answer(failure.body(), status=failure.status, headers=failure.headers())


async def _while_connected(exchange: Exchange, work: Coroutine[Any, Any, None]) -> None:
    """Does the work, and stops it when the caller goes away."""
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(exchange.caller_gone())
    await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    if not working.done():
        working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


def _with_json_schema(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """JSON mode without a schema is unknown to such providers; asking for any object is the same thing."""
    asked = dict(parameters)
    wanted = asked.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_object":
        asked["response_format"] = {"type": "json_schema", "json_schema": _ANY_OBJECT}
    return asked


def _refused(refusal: CallRefused) -> dict[str, Any]:
    error = {"message": refusal.message, "type": "invalid_request_error", "param": refusal.param, "code": refusal.code}
    return {"error": error}
