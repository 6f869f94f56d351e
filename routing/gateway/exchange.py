"""One client request on its way through the gateway: what is learnt is written here, and becomes the usage record."""

import time
from datetime import datetime
from typing import Any
from uuid import UUID

from keys.ports import Hold
from routing.domain.types import Decision, DeploymentFacts, RequestFeatures
from routing.domain.usage import Usage
from routing.gateway.auth import Caller
from routing.gateway.compiled import CompiledRoute


class Attempt:
    """One try at one deployment."""

    __slots__ = ("began", "detail", "ended", "facts", "hold", "outcome", "status")

    def __init__(self, facts: DeploymentFacts, hold: Hold, began: float) -> None:
        self.facts = facts
        self.hold = hold
        self.began = began
        self.ended = began
        self.status = 0
        self.outcome = ""
        self.detail = ""


class Exchange:
    """State of one request; `began` and all other times are monotonic seconds."""

    __slots__ = (
        "answered", "at", "attempts", "began", "body", "cache", "cache_key", "caller", "cost", "decision",
        "error_code", "estimated", "features", "first_token", "http_status", "id", "overhead_ms", "route", "run_id",
        "saved", "served", "status", "upstream_seconds", "usage", "usage_raw",
    )  # fmt: skip

    def __init__(self, request_id: UUID, at: datetime, began: float) -> None:
        self.id = request_id
        self.at = at
        self.began = began
        self.answered = 0.0
        self.first_token = 0.0
        self.upstream_seconds = 0.0
        self.overhead_ms = 0.0
        self.caller: Caller | None = None
        self.run_id: UUID | None = None  # of the workflow that asks
        self.route: CompiledRoute | None = None
        self.features: RequestFeatures | None = None
        self.decision: Decision | None = None
        self.body: dict[str, Any] = {}
        self.attempts: list[Attempt] = []
        self.served: DeploymentFacts | None = None
        self.status = "refused"
        self.http_status = 0
        self.error_code = ""
        self.usage: Usage | None = None
        self.usage_raw: dict[str, Any] | None = None
        self.estimated = False
        self.cost: int | None = 0  # None when no price is known
        self.saved = 0
        self.cache = "off"
        self.cache_key = ""

    def end(self, status: str, http_status: int, error_code: str = "") -> None:
        """Note how the request ended, and when."""
        self.status = status
        self.http_status = http_status
        self.error_code = error_code
        self.answered = time.monotonic()

    def overhead(self) -> float:
        """Milliseconds so far that were not spent waiting for a provider."""
        self.overhead_ms = max((time.monotonic() - self.began - self.upstream_seconds) * 1000, 0.0)
        return self.overhead_ms
