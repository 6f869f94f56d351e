"""The door of the engine's pure core: `advance(plan, state, signal, context)` gives the next state and what to do.

A run is a value. One call takes one signal and goes on until every branch waits for something outside, or the run
ends, or the quantum is used up (then it asks to be called again). It reads no clock, draws no number and reaches
nothing: the same arguments always give the same answer. `docs/workflows-engine.md` tells the rules.
"""

from types import MappingProxyType
from typing import Any, Final

from workflows.domain.failures import Raised
from workflows.domain.plan import Plan
from workflows.domain.run import composites, leaves
from workflows.domain.run.context import Advance, Context, Schemas
from workflows.domain.run.data import Ending, State, state_from_json, state_to_json
from workflows.domain.run.machine import HISTORY_VALUE_BYTES, Broken, Done, Kinds, Machine, Result
from workflows.domain.run.receive import receive
from workflows.domain.run.tasks import run_block
from workflows.domain.run.undo import ROOT, conclude, drain, end_forward, undo
from workflows.domain.signals import Continue, Perform, RunStatus, Signal, from_json

__all__ = [
    "HISTORY_VALUE_BYTES", "Advance", "Context", "Schemas", "State", "advance", "outstanding", "state_from_json",
    "state_to_json",
]  # fmt: skip

KINDS: Final[Kinds] = MappingProxyType(
    {
        "do": composites.run_do,
        "for": composites.run_for,
        "fork": composites.run_fork,
        "try": composites.run_try,
        "set": leaves.run_set,
        "switch": leaves.run_switch,
        "raise": leaves.run_raise,
        "call": leaves.run_call,
        "wait": leaves.run_wait,
        "listen": leaves.run_listen,
        "emit": leaves.run_emit,
    }
)


def advance(plan: Plan, state: State, signal: Signal, context: Context) -> Advance:
    """The run after a signal. A new run is `State()` and is told `Started`; the given state is not changed."""
    machine = Machine(plan, state.copy(), context, KINDS)
    ignored = receive(machine, signal)
    if ignored:
        return Advance(state=state, ignored=ignored)
    _turn(machine)
    while machine.state.held and not machine.state.suspended:
        if not receive(machine, from_json(machine.state.held.pop(0))):
            _turn(machine)
    return Advance(state=machine.state, commands=tuple(machine.commands), history=tuple(machine.history))


def outstanding(state: State) -> tuple[Perform, ...]:
    """Every effect whose answer is awaited, as it was asked for: what to ask again when an answer may be lost."""
    nodes = (node for node in state.nodes() if node.phase in {"performing", "draining"})
    return tuple(Perform(**node.perform, attempt=node.attempt) for node in nodes)


def _turn(machine: Machine) -> None:
    state = machine.state
    if state.suspended:
        state.status = "suspended"
        return
    state.continuing = False
    if state.step == "forward":
        _forward(machine)
    if state.step == "draining":
        drain(machine)
    if state.step == "undoing":
        undo(machine)
    if state.step != "over":
        state.continuing = machine.exhausted
        machine.commands.extend([Continue()] if machine.exhausted else [])
        state.status = _status(state)


def _forward(machine: Machine) -> None:
    root = machine.state.root
    if root is None:
        return
    block = machine.plan.block
    result: Result = run_block(machine, root, block, ROOT) if block else Done(root.input)
    if isinstance(result, Done):
        result = _completed(machine, result.output)
    if isinstance(result, Broken):
        end_forward(machine, Ending(why="faulted", error=result.error.to_json()), stopped=True)


def _completed(machine: Machine, output: Any) -> Broken | None:
    variables = {**machine.run_variables, "context": machine.state.context}
    try:
        shaped = machine.shaped(machine.plan.output, output, variables)
        machine.check(machine.plan.output, shaped, "output")
    except Raised as raised:
        return Broken(raised.error.located("/"))
    machine.state.timer = machine.cancel_timer(machine.state.timer)
    machine.state.root = None
    conclude(machine, "completed", output=shaped)
    return None


def _status(state: State) -> RunStatus:
    if state.step != "forward":
        return "compensating"
    busy = any(node.phase in {"performing", "draining"} for node in state.nodes())
    return "running" if busy or state.continuing else "waiting"
