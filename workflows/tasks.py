"""Celery tasks of workflows: hints that may come twice, late or never. What they find is in PostgreSQL."""

from uuid import UUID

from celery import shared_task

from tenants.tasks import TenantTask
from workflows import engine
from workflows.services.deliveries import deliver


@shared_task(name="workflows.run_drive", base=TenantTask)
def run_drive(*, run_id: str) -> None:
    """Take one run as far as it goes now."""
    engine.run_drive(UUID(run_id))


@shared_task(name="workflows.deliver", base=TenantTask)
def deliver_events(*, delivery_ids: list[str]) -> None:
    """Make deliveries that are due."""
    for delivery_id in delivery_ids:
        deliver(UUID(delivery_id))
