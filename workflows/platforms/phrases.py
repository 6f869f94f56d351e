"""Sentences that several platforms say: how something is emulated, or why it is refused."""

from typing import Final


def _(text: str) -> str:
    """Mark for translation."""
    return text


BRIDGE: Final = _("A bridge function keeps whichever comes first, the event or the waiting task, and matches them.")
MATCHED_HERE: Final = _("This installation looks at the event and passes on only what fits.")
ASKED_HERE: Final = _("This installation asks and answers; a bridge carries its answer to the waiting run.")
GATEWAY_EXPRESSION: Final = _("A step of the gateway evaluates it.")
ACTIVITY_EXPRESSION: Final = _("An activity of its own evaluates it.")
GATEWAY_SCHEMA: Final = _("A step of the gateway checks it.")
LOOP: Final = _("Generated code repeats the tasks and counts the attempts.")
CLASSIFIED: Final = _("The step decides whether the error is final and says so with its name.")
CLOCK: Final = _("Generated code looks at the time before each attempt.")
BETWEEN: Final = _("The time is looked at between tasks; a call that is under way is not cut.")
RACE: Final = _("A timer runs beside the tasks; what loses goes on, and its result is dropped.")
JITTER: Final = _("A step draws the random part and records it.")
WHOLE_SECONDS: Final = _("Rounded up to whole seconds.")
BATCHES: Final = _("The branches run in groups of that size.")
UNDO_STACK: Final = _("Generated code keeps what was started and undoes it from the end.")
PIVOT: Final = _("Generated code forgets what there is to undo and tries again until it is done.")
ROUNDS: Final = _("It waits in rounds of the longest wait there is.")
WITH_RUN: Final = _("It ends with the longest run at the latest.")
SHORTENED: Final = _("Shortened, with a few letters of its digest; the whole name stays beside it.")
RENAMED: Final = _("Written with letters, digits and _; the whole name stays beside it.")
LOSERS_GO_ON: Final = _("The other branches are not stopped; their results are dropped.")
NO_RACE: Final = _("There is no race of branches; a run started for each would have to be stopped from outside.")
SPLIT: Final = _("Split into several steps.")
TOO_LARGE: Final = _("The definition is larger than the platform takes. Divide it.")
TOO_LONG: Final = _("No run lasts that long there.")
