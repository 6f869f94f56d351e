"""The Celery application of the benchmark's worker: the project's, with a function that does nothing."""

from config.celery import app
from workflows.domain.signals import Outcome, Succeeded
from workflows.functions.contract import Invocation
from workflows.functions.registry import bind_function

__all__ = ["app"]


class Noop:
    """Succeeds at once."""

    VERSIONS: tuple[str, ...] = ("1.0.0",)
    NETWORK = False

    def perform(self, invocation: Invocation) -> Outcome:
        """Nothing outside happens, so that only the engine is measured."""
        return Succeeded(output={"step": invocation.pointer})


bind_function("noop", Noop())
