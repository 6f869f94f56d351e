"""Tables of workflows: definitions with immutable versions, runs with their history, events with their deliveries.

Rows of runs and events are written by the SQL functions of this app (`migrations/functions.sql`), in one call each;
they point at others by plain ids and carry no foreign key to the tenant, since row-level security already ties them to
it and a reference check per step would lock the same rows from every worker.
"""

from workflows.models.approvals import Approval, ApprovalLink
from workflows.models.definitions import Definition, DefinitionVersion
from workflows.models.events import Delivery, Event, Subscription
from workflows.models.patterns import PatternConfiguration, PatternParticipant
from workflows.models.runs import Run, RunEvent, RunSignal, Timer

__all__ = [
    "Approval",
    "ApprovalLink",
    "Definition",
    "DefinitionVersion",
    "Delivery",
    "Event",
    "PatternConfiguration",
    "PatternParticipant",
    "Run",
    "RunEvent",
    "RunSignal",
    "Subscription",
    "Timer",
]
