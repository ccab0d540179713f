"""What the ladder has told of late, and what some answered: otherwise nobody would find a reminder until the first sweep."""
from datetime import timedelta

from sqlalchemy import select

from portal.reminders import queries, service
from portal.reminders.models import Reminder
from portal.reminders.rules import Answer
from portal.reminders.service import Reply
from seed.demo.stage import Stage
from tenants import clock
from tenants.context import Scope
from tenants.db import db
from tenants.isolation import acting_as

AGO = timedelta(days=2)
_ANSWERS = (
    Reply(Answer.BLOCKED, "正在与产品部门核对口径，等待其答复"),
    Reply(Answer.BLOCKED, "系统配置尚未到位，无法确认", None, "central-operations"),
    Reply(Answer.NOT_MINE, "该活动由市场线负责人对接，请转市场线"),
)


def remind(stage: Stage) -> int:
    """One sweep of every unit some days ago, and a few answers the day after. How many rungs were told."""
    told, then = 0, clock.now() - AGO
    for unit in queries.units_to_sweep():
        with clock.standing_at(then), acting_as(Scope(None, (unit,))):
            told += service.sweep(unit).told
            db.session.commit()
    with clock.standing_at(then + timedelta(hours=20)):
        _answer(stage)
    return told


def _answer(stage: Stage) -> None:
    """By the first heads of units who were told of something."""
    replies = list(_ANSWERS)
    for unit, staff in stage.staff.items():
        if not replies or unit == "hq" or "head" not in staff.keys:
            continue
        actor = stage.identity(("head", unit))
        with acting_as(actor.scope(writing=True)):
            found = db.session.scalars(select(Reminder).where(Reminder.people.contains([actor.person]))
                                       .order_by(Reminder.id)).first()
            if found is not None and not queries.answered(found.subject_id):
                service.answer(found, replies.pop(0), actor=actor)
            db.session.commit()
