"""Two meetings: one that is over, with minutes and decisions, and one to come that half of those invited have answered."""
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from portal.meetings import service
from portal.meetings.models import Meeting
from portal.meetings.rules import Content, Decided, Item
from portal.programmes import queries as programmes
from seed.demo.people import Staff
from seed.demo.stage import Stage
from seed.demo.story import OFFICE
from tenants import clock, directory
from tenants.db import db
from tenants.errors import RuleViolated
from tenants.isolation import acting_as
from tenants.vocabulary import Line, Role

MOST = 6                               # units invited
TOLD_OF = "guangdong"                  # whom the first page of the portal names: it has one of everything
AGO, AHEAD = timedelta(days=9), timedelta(days=6)
_PLACES = ("总部三号会议室", "广州营业厅现场")


def meet(stage: Stage) -> int:
    """How many meetings there are then; none where no programme runs yet, none twice."""
    now, office = clock.now(), stage.identity(OFFICE)
    with acting_as(office.scope(writing=True)):
        running = programmes.current(office)
        if running is None or running.issued_at is None or running.issued_at > now - AGO:
            return 0
        if db.session.scalar(select(func.count()).select_from(Meeting)):
            return 0
    units = sorted((u for u, staff in stage.staff.items() if u != "hq" and _working(staff)), key=lambda u: u != TOLD_OF)[:MOST]
    if not units:
        return 0
    keys = {u: stage.staff[u].unit_id for u in units}
    with clock.standing_at(now - AGO):
        past = _call(stage, "exchange", "资费公示问题交流会", _PLACES[0], keys, 2)
        _answer(stage, past, units)
    with clock.standing_at(now - AGO + timedelta(days=3)):
        _hold(stage, past, keys[units[0]])
    with clock.standing_at(now - timedelta(days=2)):
        coming = _call(stage, "visit", "营业厅服务质量现场观摩", _PLACES[1], keys, AHEAD.days)
        _answer(stage, coming, units[::2])
    return 2


def _working(staff: Staff) -> bool:
    """Whether the unit's contact is still there."""
    found = directory.identity_of(staff.keys["contact"]) if "contact" in staff.keys else None
    return found is not None and any(a.unit == staff.unit_id and a.role is Role.UNIT_CONTACT for a in found.appointments)


def _call(stage: Stage, kind: str, title: str, place: str, keys: dict[str, int], days: int) -> UUID:
    office, units = stage.identity(OFFICE), list(keys.values())
    begins = clock.at(clock.today() + timedelta(days=days), 9, 30)
    with acting_as(office.scope(writing=True)):
        made = service.convene(Content(
            kind=kind, line=None, title=title, place=place, starts_at=begins, ends_at=begins + timedelta(hours=2),
            invited=frozenset(units), agenda=(Item("本季度情况通报", 1), Item("经验介绍", units[0]), Item("讨论"))), actor=office)
        db.session.commit()
        return made.id


def _answer(stage: Stage, meeting: UUID, units: list[str]) -> None:
    for n, unit in enumerate(units):
        actor = stage.identity(("contact", unit))
        said, words = ("sends", "由服务质量主管参加") if n % 3 == 2 else ("comes", "")
        with acting_as(actor.scope(writing=True)):
            service.answer(db.session.get_one(Meeting, meeting), said, words, actor=actor)
            db.session.commit()


def _hold(stage: Stage, meeting: UUID, unit: int) -> None:
    """Minutes, a decision that becomes an assignment, one that the office has yet to assign."""
    office, due = stage.identity(OFFICE), clock.today() + timedelta(days=30)
    with acting_as(office.scope(writing=True)):
        held = db.session.get_one(Meeting, meeting)
        first = service.decide(held, Decided(unit=unit, line=Line.MARKET, title="梳理在售套餐公示口径", deliverable="口径清单一份",
                                             due=due), actor=office)
        service.decide(held, Decided(unit=unit, line=Line.CUSTOMER_SERVICE, title="整理营业厅解答口径", deliverable="解答手册一份",
                                     due=due), actor=office)
        with suppress(RuleViolated):                           # the year's last milestone may be nearer than the due day
            service.assign(held, first.id, actor=office)
        service.publish(held, "会议听取了各单位情况介绍，议定两项工作，分别由受邀单位牵头完成。", actor=office)
        db.session.commit()
