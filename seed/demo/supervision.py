"""Supervision orders in every state: one overdue, one returned, one to be judged, one extended, one closed, one withdrawn."""
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from portal.assignments.models import Assignment
from portal.assignments.rules import OPEN
from portal.programmes import queries as programmes
from portal.supervision import service
from portal.supervision.models import Order
from portal.supervision.rules import AboutKind, Grade, Ordered, Ref
from seed.demo.people import Staff
from seed.demo.stage import Stage
from seed.demo.story import OFFICE
from tenants import clock, directory
from tenants.db import db
from tenants.isolation import acting_as
from tenants.vocabulary import Role

OLDEST = timedelta(days=26)
FIRST = "guangdong"                    # whom the first page of the portal names: it has one of them to reply to
NEEDED = 6                             # units
_WORDS = (
    "该项任务进度明显滞后，请说明原因，提出补救措施和完成时间。",
    "梳理清单未覆盖全部在售产品，请补齐并说明质量控制责任人。",
    "投诉集中反映资费公示不清，请立即整改，逐项报告整改结果。",
    "请报送本单位服务质量联席会议运行情况，附最近一次会议议定事项。",
    "请核实营业厅解答口径与公示是否一致，并报送核实结果。",
    "请报送季度自查安排。")


def order(stage: Stage) -> int:
    """How many orders there are then; none where the programme has not run long enough, none twice."""
    now, office = clock.now(), stage.identity(OFFICE)
    with acting_as(office.scope(writing=True)):
        running = programmes.current(office)
        if running is None or running.issued_at is None or running.issued_at > now - OLDEST:
            return 0
        if db.session.scalar(select(func.count()).select_from(Order)):
            return 0
    units = sorted((u for u, staff in stage.staff.items() if u != "hq" and _working(staff)), key=lambda u: u != FIRST)[:NEEDED]
    if len(units) < NEEDED:
        return 0
    told = _Told(stage, now)
    returned = told.issued(20, units[0], Grade.ORDINARY, 0, about=True)
    told.replied(14, returned, units[0], "已与相关部门沟通，正在推进。", 10)
    told.returned(12, returned, "措施不具体，请列明责任人和每一步的完成时间。", 6)
    told.issued(15, units[1], Grade.URGENT, 1, about=True)                          # overdue since
    judged = told.issued(6, units[2], Grade.SERIOUS, 2)
    told.replied(1, judged, units[2], "已下线有歧义的公示页面，新页面经审核后上线，并对受影响客户逐一回访。", 0)
    closed = told.issued(25, units[3], Grade.ORDINARY, 3)
    told.replied(19, closed, units[3], "联席会议每月召开一次，最近一次议定事项已全部落实，材料已报送。", 19)
    told.accepted(18, closed)
    longer = told.issued(9, units[4], Grade.ORDINARY, 4)
    told.extended(3, longer, 12, "涉及营业厅较多，同意延长")
    told.withdrawn(8, told.issued(10, units[5], Grade.ORDINARY, 5), "与专项检查重复，不再单独报送")
    return NEEDED


def _working(staff: Staff) -> bool:
    """Whether the unit's contact is still there."""
    found = directory.identity_of(staff.keys["contact"]) if "contact" in staff.keys else None
    return found is not None and any(a.unit == staff.unit_id and a.role is Role.UNIT_CONTACT for a in found.appointments)


class _Told:
    """Steps of the story, each so many days ago; terms and days of completion so many days from now, or before it."""

    def __init__(self, stage: Stage, now: datetime) -> None:
        self._stage, self._now = stage, now

    def _day(self, ahead: int) -> date:
        return clock.local(self._now).date() + timedelta(days=ahead)

    def issued(self, ago: int, unit: str, grade: Grade, words: int, *, about: bool = False) -> UUID:
        actor, key = self._stage.identity(OFFICE), self._stage.staff[unit].unit_id
        with clock.standing_at(self._now - timedelta(days=ago)), acting_as(actor.scope(writing=True)):
            task = db.session.scalar(select(Assignment.id).where(Assignment.unit_id == key, Assignment.state == OPEN)
                                     .order_by(Assignment.due, Assignment.code).limit(1)) if about else None
            made = service.issue(Ordered(
                grade=grade.value, words=_WORDS[words], line=None, units=frozenset() if task else frozenset({key}),
                about=(Ref(AboutKind.ASSIGNMENT, task),) if task else ()), actor=actor)
            db.session.commit()
            return made[0].id

    def replied(self, ago: int, key: UUID, unit: str, words: str, done_ago: int) -> None:
        actor = self._stage.identity(("contact", unit))
        with clock.standing_at(self._now - timedelta(days=ago)), acting_as(actor.scope(writing=True)):
            service.reply(db.session.get_one(Order, key), words, self._day(-done_ago), actor=actor)
            db.session.commit()

    def returned(self, ago: int, key: UUID, words: str, ahead: int) -> None:
        with clock.standing_at(self._now - timedelta(days=ago)), self._by_office():
            service.send_back(db.session.get_one(Order, key), words, self._day(ahead), actor=self._stage.identity(OFFICE))
            db.session.commit()

    def accepted(self, ago: int, key: UUID) -> None:
        with clock.standing_at(self._now - timedelta(days=ago)), self._by_office():
            service.accept(db.session.get_one(Order, key), "材料齐全，予以销号。", actor=self._stage.identity(OFFICE))
            db.session.commit()

    def extended(self, ago: int, key: UUID, ahead: int, reason: str) -> None:
        with clock.standing_at(self._now - timedelta(days=ago)), self._by_office():
            row = db.session.get_one(Order, key)
            service.extend(row, max(row.term + timedelta(days=1), self._day(ahead)), reason, actor=self._stage.identity(OFFICE))
            db.session.commit()

    def withdrawn(self, ago: int, key: UUID, reason: str) -> None:
        with clock.standing_at(self._now - timedelta(days=ago)), self._by_office():
            service.withdraw(db.session.get_one(Order, key), reason, actor=self._stage.identity(OFFICE))
            db.session.commit()

    def _by_office(self) -> AbstractContextManager[None]:
        return acting_as(self._stage.identity(OFFICE).scope(writing=True))
