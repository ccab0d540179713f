"""Thin: dispatch finds who has something waiting, the drains deliver one receiver's messages."""
from collections.abc import Mapping

from flask import current_app

from portal.notices import service as notices
from portal.outbox import queries, service
from tasks.celery import PlainTask, ScopedTask, celery


@celery.task(base=PlainTask)
def dispatch() -> None:
    for unit in queries.receivers_waiting(slow=False):
        drain.for_unit(unit)
    for unit in queries.receivers_waiting(slow=True):
        drain_slow.for_unit(unit)


@celery.task(base=ScopedTask, expires=20)
def drain() -> int:
    return service.drain(_handlers())


@celery.task(base=ScopedTask, expires=20)
def drain_slow() -> int:
    return service.drain(_handlers(), slow=True)


def _handlers() -> Mapping[str, service.Handler]:
    settings = current_app.config["PORTAL"]
    return notices.handlers(settings.base_url, settings.mail_url)
