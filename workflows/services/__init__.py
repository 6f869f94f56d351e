"""Writes of this app. What a run or a delivery has to do next is committed with them; a hint to do it may be lost."""

from workflows.services.definitions import (
    Checked,
    definition_archive,
    definition_check,
    definition_publish,
    definition_restore,
)
from workflows.services.deliveries import deliver, deliver_due, delivery_redrive
from workflows.services.events import event_publish, events_publish
from workflows.services.patterns import (
    configuration_archive,
    configuration_change,
    configuration_config,
    configuration_create,
    configuration_plans,
    configuration_restore,
    configuration_start,
    configuration_stop,
)
from workflows.services.runs import effect_answer, run_cancel, run_decide, run_resume, run_retry, run_start

__all__ = [
    "Checked",
    "configuration_archive",
    "configuration_change",
    "configuration_config",
    "configuration_create",
    "configuration_plans",
    "configuration_restore",
    "configuration_start",
    "configuration_stop",
    "definition_archive",
    "definition_check",
    "definition_publish",
    "definition_restore",
    "deliver",
    "deliver_due",
    "delivery_redrive",
    "effect_answer",
    "event_publish",
    "events_publish",
    "run_cancel",
    "run_decide",
    "run_resume",
    "run_retry",
    "run_start",
]
