"""Thin: lists that people want regularly are looked for through the day, and made and sent one by one."""
from uuid import UUID

from portal.subscriptions import exports, queries, service
from tasks.celery import Counts, PlainTask, celery
from tenants import clock


@celery.task(base=PlainTask)
def begin() -> Counts:
    found = queries.due(clock.today())
    for key, person in found:
        deliver.delay(str(key), str(person))
    return {"due": len(found)}


@celery.task(base=PlainTask, expires=3_000)
def deliver(key: str, person: str) -> Counts:
    """The service enters the person's own scope; what was sent in this period already is not sent again."""
    became = service.deliver(UUID(key), UUID(person), exports.workbook)
    return {"sent": int(became is service.Outcome.SENT), "ended": int(became is service.Outcome.ENDED)}
