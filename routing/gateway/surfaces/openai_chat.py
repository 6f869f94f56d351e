"""`POST /v1/chat/completions`.

1. Who calls, and what is asked: refused in OpenAI's terms before anything is spent.
2. Which deployment: the decision, then the cache.
3. Hold, call, settle: `attempts`, one hold each; the record is written after the answer.

A streamed request may be answered from a cached plain answer, as a stream of the same content, and the other way round.
"""

import time
from collections.abc import Mapping
from typing import Any

import msgspec

from routing.domain.cache_key import cache_bar, cache_key
from routing.domain.features import extract_features
from routing.domain.retry import AttemptOutcome
from routing.domain.select import decide
from routing.domain.types import Decision, InvalidRequest, Snapshot
from routing.gateway.attempts import Ladder, Started
from routing.gateway.auth import Authenticator, Caller
from routing.gateway.chat_answers import answer_from_stream, stream_from_answer, usage_object
from routing.gateway.compiled import CompiledRoute
from routing.gateway.errors import WireError, invalid_request, model_not_allowed, model_not_found
from routing.gateway.exchange import Exchange
from routing.gateway.headers import answer_headers, asking_run
from routing.gateway.http import HttpRequest
from routing.gateway.open_streams import OpenStreams
from routing.gateway.pump import Pump
from routing.gateway.refusals import refused_by_decision
from routing.gateway.request_body import parse_body
from routing.gateway.settle import book_usage, finish
from routing.gateway.stream import ChatStream
from routing.ports import AnswerCache, UpstreamBroken, UpstreamReply
from tenants.failpoints import failpoint

OK = AttemptOutcome(status=200)
MAX_CACHED_BYTES = 1024 * 1024


class CachedAnswer(msgspec.Struct):
    """What the cache holds: the answer, who served it, what it cost."""

    deployment: str
    cost: int
    body: msgspec.Raw


_encode = msgspec.json.Encoder().encode
_decode_cached = msgspec.json.Decoder(CachedAnswer).decode


class ChatCompletions:
    """The surface, built once per process."""

    def __init__(self, *, auth: Authenticator, ladder: Ladder, streams: OpenStreams, cache: AnswerCache | None) -> None:
        self._auth = auth
        self._ladder = ladder
        self._streams = streams
        self._cache = cache

    async def serve(self, http: HttpRequest, exchange: Exchange) -> None:
        """Answer one request; every refusal after authentication is recorded."""
        caller = exchange.caller = await self._auth.identify(http.header(b"authorization"))
        caller.config.used_at = exchange.began
        exchange.run_id = asking_run(http.header(b"x-orchestration-run"))
        raw = await http.json_body()
        try:
            decision = self._decide(exchange, caller, raw)
            cached = await self._lookup(exchange, caller, http)
            if cached is None:
                if decision.refusal is not None:
                    raise refused_by_decision(decision, decision.refusal)
                await self._call(http, exchange, raw)
        except WireError as error:
            await self._refuse(http, exchange, error)
        else:
            if cached is not None:
                await self._serve_cached(http, exchange, cached)

    async def _refuse(self, http: HttpRequest, exchange: Exchange, error: WireError) -> None:
        exchange.overhead()
        exchange.end("failed" if exchange.attempts else "refused", error.status, error.code or "")
        if exchange.features is not None:  # of what could not be understood nothing is written
            finish(exchange, self._ladder.ledger)
        await http.refuse(error)

    # What is asked, and what serves it

    def _decide(self, exchange: Exchange, caller: Caller, raw: bytes) -> Decision:
        body = parse_body(raw)
        route = exchange.route = _route(body, caller)
        try:
            features = extract_features(body, raw=raw, difficulty=route.facts.spec.needs_difficulty)
        except InvalidRequest as error:
            raise invalid_request(error.message, param=error.param, code=error.code) from error
        exchange.body, exchange.features = body, features
        health, latency = self._ladder.health.view(route.facts, now=exchange.began)
        incumbents = caller.config.incumbents
        decision = exchange.decision = decide(
            features,
            route.facts,
            Snapshot(
                now_ms=int(exchange.at.timestamp() * 1000),
                health=health,
                latency=latency,
                allowed_models=caller.allowed_models,
                hard_limit=caller.hard_limit,
                incumbent=incumbents.get(route.row.name, ""),
            ),
        )
        if decision.winner is not None:
            incumbents[route.row.name] = decision.winner.id
        return decision

    # From the cache

    async def _lookup(self, exchange: Exchange, caller: Caller, http: HttpRequest) -> CachedAnswer | None:
        route, features = exchange.route, exchange.features
        assert route is not None
        assert features is not None
        if self._cache is None or cache_bar(features, ttl_seconds=route.facts.spec.cache_ttl_seconds):
            return None
        control = http.header(b"cache-control").lower()
        if b"no-store" in control or http.header(b"x-orchestration-cache").lower() in (b"skip", b"off"):
            return None
        exchange.cache = "miss"
        exchange.cache_key = cache_key(
            str(caller.tenant_id),
            route_id=route.facts.route_id,
            version_digest=route.facts.digest,
            partition=f"{caller.unit_id}:{','.join(caller.allowed_models)}",
            surface="chat",
            body=exchange.body,
        )
        value = None if b"no-cache" in control else await self._cache.get(exchange.cache_key)
        if value is None:
            return None
        try:
            return _decode_cached(value)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None

    async def _serve_cached(self, http: HttpRequest, exchange: Exchange, cached: CachedAnswer) -> None:
        features, route = exchange.features, exchange.route
        assert features is not None
        assert route is not None
        exchange.cache = "hit"
        exchange.served = route.facts.deployments.get(cached.deployment)
        exchange.cost, exchange.saved = 0, cached.cost
        exchange.end("cached", 200)
        headers = answer_headers(exchange, (), with_cost=True)
        finish(exchange, self._ladder.ledger)
        if features.stream:
            await http.begin_stream(headers)
            await http.end_stream(stream_from_answer(bytes(cached.body), include_usage=features.include_usage))
        else:
            await http.answer(200, bytes(cached.body), headers)

    async def _keep(self, exchange: Exchange, body: bytes | None) -> None:
        """Offer a complete answer to the cache, unless it was cut short or had no known price."""
        route, served = exchange.route, exchange.served
        if self._cache is None or not exchange.cache_key or body is None or len(body) > MAX_CACHED_BYTES:
            return
        assert route is not None
        assert served is not None
        value = _encode(CachedAnswer(deployment=served.id, cost=exchange.cost or 0, body=msgspec.Raw(body)))
        await self._cache.put(exchange.cache_key, value, ttl_seconds=route.facts.spec.cache_ttl_seconds)

    # From a provider

    async def _call(self, http: HttpRequest, exchange: Exchange, raw: bytes) -> None:
        assert exchange.features is not None
        if exchange.features.stream:
            await self._stream(http, exchange, await self._ladder.climb(exchange, raw, self._begin_stream(exchange)))
        else:
            await self._plain(http, exchange, await self._ladder.climb(exchange, raw, _read_plain))

    async def _plain(self, http: HttpRequest, exchange: Exchange, started: Started["PlainAnswer"]) -> None:
        attempt, answer = started.attempt, started.answer
        exchange.served = attempt.facts
        attempt.outcome = "ok"
        self._succeeded(exchange, started)
        amount = book_usage(exchange, attempt, answer.usage)
        headers = answer_headers(exchange, attempt.hold.limits, with_cost=True)
        exchange.end("ok", 200)
        finish(exchange, self._ladder.ledger, attempt, amount)
        await http.answer(200, answer.body, headers)
        await self._keep(exchange, answer.body)

    def _begin_stream(self, exchange: Exchange) -> "BeginStream":
        assert exchange.features is not None
        return BeginStream(wants_usage=exchange.features.include_usage, keep=bool(exchange.cache_key))

    async def _stream(self, http: HttpRequest, exchange: Exchange, started: Started["StreamAnswer"]) -> None:
        attempt, answer = started.attempt, started.answer
        exchange.served = attempt.facts
        exchange.first_token = time.monotonic()
        headers = answer_headers(exchange, attempt.hold.limits, with_cost=False)
        await http.begin_stream(headers)
        failpoint("gateway.stream.first_byte")
        await Pump(http, answer.reply, answer.stream, self._streams).run(exchange, answer.first)
        attempt.ended = time.monotonic()
        if answer.stream.done and answer.stream.error is None:
            attempt.outcome = "ok"
            self._succeeded(exchange, started)
        else:
            attempt.outcome = "cancelled" if exchange.status == "cancelled" else "cut"
            self._broke(exchange, started)
        amount = book_usage(exchange, attempt, answer.stream.usage)
        finish(exchange, self._ladder.ledger, attempt, amount)
        if answer.stream.done and exchange.cache_key:
            await self._keep(exchange, answer_from_stream(answer.stream.blocks, answer.stream.usage))

    def _succeeded(self, exchange: Exchange, started: Started[Any]) -> None:
        attempt = started.attempt
        health = self._ladder.health
        first = exchange.first_token - attempt.began if exchange.first_token else None
        health.observe(attempt.facts.id, OK, now_ms=int(time.time() * 1000))
        health.measured(attempt.facts.id, total=attempt.ended - attempt.began, first=first, now=attempt.ended)

    def _broke(self, exchange: Exchange, started: Started[Any]) -> None:
        if exchange.error_code in ("upstream_stream_cut", "upstream_error"):
            outcome = AttemptOutcome(status=200, breakdown="cut", client_saw_bytes=True)
            self._ladder.health.observe(started.attempt.facts.id, outcome, now_ms=int(time.time() * 1000))


class PlainAnswer(msgspec.Struct):
    """A complete body and its usage."""

    body: bytes
    usage: dict[str, Any] | None


async def _read_plain(reply: UpstreamReply) -> PlainAnswer:
    try:
        body = await reply.read()
    finally:
        reply.close()
    return PlainAnswer(body, usage_object(body))


class StreamAnswer(msgspec.Struct):
    """A stream that has produced something, and what of it may be sent."""

    reply: UpstreamReply
    stream: ChatStream
    first: bytes


class BeginStream:
    """Reads a stream up to its first output. Until then nothing was sent, so another deployment may still take over."""

    def __init__(self, *, wants_usage: bool, keep: bool) -> None:
        self._wants_usage = wants_usage
        self._keep = keep

    async def __call__(self, reply: UpstreamReply) -> StreamAnswer:
        stream = ChatStream(wants_usage=self._wants_usage, keep=self._keep)
        try:
            return StreamAnswer(reply, stream, await self._opening(reply, stream))
        except BaseException:
            reply.close()
            raise

    async def _opening(self, reply: UpstreamReply, stream: ChatStream) -> bytes:
        if not _is_event_stream(reply.headers):
            raise UpstreamBroken("the answer is not an event stream")
        parts = []
        while not stream.started and not stream.done:
            part = await reply.chunk()
            if not part:
                raise UpstreamBroken("the stream ended before it produced anything")
            parts.append(stream.feed(part))
            if stream.error is not None:
                raise UpstreamBroken("the stream began with an error")
        reply.began()
        return b"".join(parts)


def _is_event_stream(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").startswith("text/event-stream")


def _route(body: Any, caller: Caller) -> CompiledRoute:
    """The route that the body names; what may not be called and what does not exist are told apart only if allowed."""
    model = body.get("model") if isinstance(body, dict) else None
    if not isinstance(model, str) or not model:
        raise invalid_request("you must provide a model parameter", param="model")
    if not caller.may_use(model):
        raise model_not_allowed(model[:256])
    route = caller.config.routes.get(model)
    if route is None:
        raise model_not_found(model[:256])
    return route
