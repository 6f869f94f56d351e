"""The models of one sandbox server: which are down, and what happens to a call that reaches one."""

from collections.abc import Mapping
from typing import Any, Final

from . import openai_wire
from .answers import Answer, Question, Usage, answer, usage_after
from .behaviour import Behaviour, fails_now, parse_model
from .counts import Counts, Outcome
from .exchange import ConnectionDropped, Exchange, WireError
from .performance import Performance, Wire, silence

_CODES: Final = {401: "invalid_api_key", 402: "insufficient_quota", 404: "model_not_found", 429: "rate_limit_exceeded"}


class Models:
    """Finds models by name, lets them answer, and counts."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.down: dict[str, str] = {}

    def switch(self, name: str, *, up: bool, mode: str = "unavailable") -> None:
        """Takes a model down (answering 503, or with mode `hang` not at all) or up again."""
        if up:
            self.down.pop(name, None)
        else:
            self.down[name] = mode

    def reset(self) -> None:
        """Forgets all counts and brings every model up."""
        self.counts.reset()
        self.down.clear()

    async def _find_up(self, name: object) -> Behaviour:
        if isinstance(name, str) and self.down.get(name) == "hang":
            await silence()
        return self.find(name)

    def find(self, name: object) -> Behaviour:
        """The model of this name, if there is one and it is up."""
        behaviour = parse_model(name) if isinstance(name, str) else None
        if behaviour is None:
            raise WireError(404, f"The sandbox has no model {name!r}.", code="model_not_found", param="model")
        if behaviour.name in self.down:
            raise WireError(503, f"The sandbox model {behaviour.name} was taken down.", code="model_down")
        return behaviour

    async def chat(self, exchange: Exchange, question: Question, wire: Wire, *, model: object, stream: bool) -> None:
        """Answers one question and counts how it ended, also when the caller goes away."""
        behaviour = await self._find_up(model)
        given = answer(question, behaviour)
        call_number = self.counts.begin(behaviour.name)
        performance = Performance(exchange, behaviour, wire, given)
        outcome: Outcome = "cancelled"
        try:
            await _refuse_or_hang(behaviour, wire, given, call_number=call_number)
            whole = await (performance.play_stream() if stream else performance.play_whole())
            outcome = "ok" if whole else "cut"
        except (ConnectionDropped, WireError) as error:
            outcome = "failed" if isinstance(error, WireError) else "cut"
            raise
        finally:
            used = None if outcome == "failed" else _used(given, performance, outcome=outcome, stream=stream)
            self.counts.end(behaviour.name, outcome, used)

    async def embed(self, exchange: Exchange, body: Mapping[str, Any], *, model: object) -> None:
        """Answers with vectors."""
        behaviour = await self._find_up(model)
        made, usage = openai_wire.embeddings(body)
        number = self.counts.begin(behaviour.name)
        if behaviour.fail_status is not None or fails_now(behaviour, number):
            self.counts.end(behaviour.name, "failed", None)
            raise failure(behaviour.fail_status or 500)
        self.counts.end(behaviour.name, "ok", usage)
        await exchange.send_json(made)


def failure(status: int) -> WireError:
    """The error of a model that is made to fail."""
    return WireError(status, f"The sandbox was asked to answer {status}.", code=_CODES.get(status))


async def _refuse_or_hang(behaviour: Behaviour, wire: Wire, given: Answer, *, call_number: int) -> None:
    if behaviour.hang:
        await silence()
    if behaviour.fail_status is not None or fails_now(behaviour, call_number):
        raise failure(behaviour.fail_status or 500)
    if given.usage.input > behaviour.context_window:
        raise wire.too_long(given.usage.input, behaviour.context_window)


def _used(given: Answer, performance: Performance, *, outcome: Outcome, stream: bool) -> Usage:
    """A whole answer is generated in full even when the caller leaves; a stream stops where it was."""
    if outcome == "ok" or not stream:
        return given.usage
    return usage_after(given, performance.sent)
