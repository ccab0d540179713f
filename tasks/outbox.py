"""Thin: dispatch finds who has something waiting and which runs were asked for; the drains deliver one receiver's messages."""
from collections.abc import Mapping

from flask import current_app

from portal import delivery
from portal.operations import service as operations
from portal.outbox import queries, service
from portal.outbox.rules import Group
from tasks.celery import Counts, PlainTask, ScopedTask, celery
from tasks.schedule import announced


@celery.task(base=PlainTask)
def dispatch() -> Counts:
    announced(celery.conf.beat_schedule)
    asked = operations.asked_for()
    for request, task in asked:
        celery.tasks[task].apply_async(headers={"request": str(request)})
    waiting = {group: queries.receivers_waiting(group) for group in Group}
    for group, units in waiting.items():
        for unit in units:
            DRAINS[group].for_unit(unit)
    return {"units": len(set().union(*waiting.values())), "asked": len(asked)}


@celery.task(base=ScopedTask, expires=20)
def drain() -> Counts:
    return _drained(Group.QUICK)


@celery.task(base=ScopedTask, expires=20)
def drain_mail() -> Counts:
    return _drained(Group.MAIL)


@celery.task(base=ScopedTask, expires=20)
def drain_chat() -> Counts:
    return _drained(Group.CHAT)


DRAINS = {Group.QUICK: drain, Group.MAIL: drain_mail, Group.CHAT: drain_chat}


def _drained(group: Group) -> Counts:
    found = service.drain(_handlers(), group)
    return {"delivered": found.delivered, "failed": found.failed}


def _handlers() -> Mapping[str, service.Handler]:
    return delivery.handlers(current_app.config["PORTAL"])
