"""Writes of this app. What a run or a delivery has to do next is committed with them; hints to do it at once may be lost."""

from workflows.services.deliveries import deliver, delivery_redrive
from workflows.services.events import event_publish, events_publish
from workflows.services.runs import effect_answer, run_cancel, run_resume, run_retry, run_start

__all__ = [
    "deliver",
    "delivery_redrive",
    "effect_answer",
    "event_publish",
    "events_publish",
    "run_cancel",
    "run_resume",
    "run_retry",
    "run_start",
]
