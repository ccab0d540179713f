"""Thin: what is done once a night."""
from datetime import timedelta

from portal.api import idempotency
from portal.attachments import service as attachments
from portal.operations import service as operations
from portal.outbox import service as outbox
from portal.subscriptions import queries as subscriptions
from tasks.celery import Counts, PlainTask, celery
from tenants import clock

DELIVERED_KEPT = timedelta(days=30)


@celery.task(base=PlainTask)
def purge() -> Counts:
    now = clock.now()
    return {"answers": idempotency.purge(now - idempotency.KEPT) or 0, "messages": outbox.purge(now - DELIVERED_KEPT),
            "runs": operations.purge(now - DELIVERED_KEPT), "workbooks": subscriptions.purge(clock.today())}


@celery.task(base=PlainTask)
def sweep() -> Counts:
    """By itself: a storage that is away keeps nothing else from being done."""
    return {"files": attachments.sweep()}
