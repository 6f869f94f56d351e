"""Calls the functions of effects, outside any transaction, and turns whatever happens there into an outcome."""

import logging
from uuid import UUID

from django.db import InterfaceError, OperationalError, connections

from workflows.domain import signals
from workflows.domain.failures import standard
from workflows.functions.contract import Invocation
from workflows.functions.registry import UnknownFunction, every_function, function_named

logger = logging.getLogger(__name__)


def withdraw_everywhere(run_id: UUID, effect: str, attempt: int) -> None:
    """Ask each function that can to take back what it asked outside for this effect."""
    for function in every_function():
        withdraw = getattr(function, "withdraw", None)
        if withdraw is None:
            continue
        try:
            withdraw(run_id=run_id, effect=effect, attempt=attempt)
        except Exception:
            logger.exception("effect %s of run %s could not be withdrawn", effect, run_id)


def perform(invocation: Invocation, *, version: str = "") -> signals.Outcome:
    """Call the function of one effect, outside any transaction. A fault of ours may have come after the effect."""
    try:
        function = function_named(invocation.function, version)
    except UnknownFunction as error:
        return signals.Failed(error=standard("configuration", str(error)), retriable=False)
    if function.NETWORK:
        connections["default"].close()
    try:
        return function.perform(invocation)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("function %s failed in run %s", invocation.function, invocation.run_id)
        return signals.Unknown(error=standard("runtime", "The function failed.", detail=type(error).__name__))
