"""Thin: what is done once a night."""
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from portal.attachments import service as attachments
from portal.operations import service as operations
from portal.outbox import service as outbox
from portal.subscriptions import queries as subscriptions
from portal.web import answered
from tasks.celery import Counts, PlainTask, celery
from tenants import clock

DELIVERED_KEPT = timedelta(days=30)


@celery.task(base=PlainTask)
def purge() -> Counts:
    """Each for itself: one that fails keeps the others from nothing, and is told at the end."""
    now, counts, faults = clock.now(), dict[str, int](), list[SQLAlchemyError]()
    purges: dict[str, Callable[[], int]] = {
        "answers": lambda: answered.purge(now - answered.KEPT), "messages": lambda: outbox.purge(now - DELIVERED_KEPT),
        "runs": lambda: operations.purge(now - DELIVERED_KEPT), "workbooks": lambda: subscriptions.purge(clock.today())}
    for name, forget in purges.items():
        try:
            counts[name] = forget()
        except SQLAlchemyError as fault:
            faults.append(fault)
    if faults:
        raise faults[0]
    return counts


@celery.task(base=PlainTask)
def sweep() -> Counts:
    """By itself: a storage that is away keeps nothing else from being done."""
    return {"files": attachments.sweep()}
