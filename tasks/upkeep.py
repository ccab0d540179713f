"""Thin: what is done once a night."""
from datetime import timedelta

from portal.api import idempotency
from portal.outbox import service as outbox
from tasks.celery import PlainTask, celery
from tenants import clock

DELIVERED_KEPT = timedelta(days=30)


@celery.task(base=PlainTask)
def purge() -> None:
    idempotency.purge(clock.now() - idempotency.KEPT)
    outbox.purge(clock.now() - DELIVERED_KEPT)
