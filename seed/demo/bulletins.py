"""Two bulletins that are out, each composed on its day from the data of that day, a draft of today, and a plan for every month."""
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from portal.bulletins import service
from portal.bulletins.models import Bulletin, BulletinPlan
from portal.bulletins.rules import Content, Planned
from portal.bulletins.views import paper
from portal.workdays import add_workdays
from seed.demo.stage import Stage
from seed.demo.story import OFFICE
from seed.demo.when import When
from tenants import clock, directory
from tenants.db import db
from tenants.isolation import acting_as

_AGO = (timedelta(days=62), timedelta(days=27))
_AFTER = timedelta(days=21)            # since the programme was issued: before that there is nothing to tell of
_SLOW = 5                              # of the second bulletin every so manieth unit has yet to acknowledge
_WORDS = {
    "opening": "各单位按照方案要求推进问题梳理和机制建设，总体进展平稳。\n"
               "个别单位进度偏慢，请主要负责人亲自督促，逾期事项逐项明确完成时间。",
    "overdue": "逾期单位应于五个工作日内说明原因并提出追赶措施。",
    "practice": "部分单位按期完成梳理并形成清单，做法可供各单位借鉴。"}


def moments(when: When) -> list[datetime]:
    """When the bulletins of the year are composed, as far as the year has come to that."""
    days = [add_workdays(clock.local(when.now - ago).date() - timedelta(days=1), 1) for ago in _AGO]
    return [m for day in days if (m := clock.at(day, 16)) > when.issued + _AFTER]


def issue(stage: Stage, moment: datetime, last: bool) -> None:
    """Compose and publish one to all units, who acknowledge it; of the last one some have yet to, and are chased."""
    office = stage.identity(OFFICE)
    with clock.standing_at(moment), acting_as(office.scope(writing=True)):
        if db.session.scalar(select(Bulletin.id).where(Bulletin.composed_at == moment)) is not None:
            return
        units = sorted(s.unit_id for code, s in stage.staff.items() if code != "hq")
        made = service.compose(f"服务质量提升工作情况通报（{_month(clock.local(moment).date())}）", actor=office)
        picks = tuple(row["key"] for row in made.figures["practice"][:4])
        service.change(made, Content(title=made.title, words=_WORDS, receivers=frozenset(units), picks=picks), actor=office)
        service.publish(made, paper.document, actor=office)
        db.session.commit()
        key = made.id
    slow = frozenset(units[2::_SLOW]) if last else frozenset()
    _acknowledge(stage, key, moment, [code for code, s in stage.staff.items() if code != "hq" and s.unit_id not in slow])
    if slow:
        with clock.standing_at(moment + timedelta(days=6)), acting_as(office.scope(writing=True)):
            service.chase(db.session.get_one(Bulletin, key), actor=office)
            db.session.commit()


def _acknowledge(stage: Stage, key: UUID, moment: datetime, units: Sequence[str]) -> None:
    for n, unit in enumerate(units):
        with clock.standing_at(moment + timedelta(hours=16, minutes=40 + 29 * (n % 19))):
            staff = stage.staff[unit]
            actor = directory.identity_of(staff.keys["head" if n % 7 == 3 else "contact"])
            if actor is None or staff.unit_id not in {a.unit for a in actor.appointments}:
                continue                                       # has left; whoever came after acknowledges another day
            with acting_as(actor.scope(writing=True)):
                service.acknowledge(db.session.get_one(Bulletin, key), actor=actor)
                db.session.commit()


def draft(stage: Stage) -> int:
    """What the office works on today, and its plan for every month. How many bulletins there are then."""
    office, now = stage.identity(OFFICE), clock.now() - timedelta(hours=3)
    with clock.standing_at(now), acting_as(office.scope(writing=True)):
        known = db.session.scalars(select(Bulletin.composed_at)).all()
        if known and now not in known and db.session.scalar(select(BulletinPlan.id)) is None:
            made = service.compose(f"服务质量提升工作情况通报（{_month(clock.today())}）", actor=office)
            service.change(made, Content(title=made.title, words={"opening": "（待补充）"}, receivers=None), actor=office)
            service.add_plan(Planned(title="服务质量提升月度通报", rhythm="month", working_day=1, receivers=None), actor=office)
            db.session.commit()
            return len(known) + 1
        return len(known)


def _month(day: date) -> str:
    return f"{day:%Y年%m月}"
