"""Supervision orders as somebody may see them, and the things that they are about; every list begins with what one reaches."""
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from portal import i18n
from portal.assignments import queries as assignments
from portal.assignments.models import Assignment
from portal.assignments.rules import UNCLOSED_STATES
from portal.audit import queries as audit
from portal.audit.models import AuditEntry
from portal.filings import queries as filings
from portal.filings.models import Filing
from portal.issues import queries as issues
from portal.issues.models import Issue
from portal.reach import within
from portal.supervision import rules
from portal.supervision.models import Order, OrderReply
from portal.supervision.rules import ABOUT, ASKED, SETTLED, UNFINISHED, AboutKind, Light, OrderState, Ref
from tenants import clock
from tenants.access import Identity, reaches
from tenants.db import db
from tenants.errors import NotVisible
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import Line

ANY_UNFINISHED = "unfinished"          # a state to filter by


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; `unit` is a code, `line` a code or "office"."""
    state: str | None = None
    grade: str | None = None
    unit: str | None = None
    line: str | None = None
    overdue: bool = False
    q: str = ""


@dataclass(frozen=True, slots=True)
class Thing:
    """What an order is, or may be, about: whose it is, in which line's matter (none: any), and whether it is still going on."""
    ref: Ref
    unit: int
    line: Line | None
    code: str
    title: Mapping[str, str]
    going_on: bool

    @property
    def href(self) -> str:
        return f"/{self.ref.kind}s/{self.ref.key}"


def readable(identity: Identity, permission: Permission = Permission.SUPERVISION_READ) -> ColumnElement[bool]:
    line = cast("InstrumentedAttribute[str]", Order.line)                  # the office's have none, which equals no line
    return within(reaches(identity, permission), unit=Order.unit_id, line=line)


def conditions(identity: Identity, wanted: Wanted) -> list[ColumnElement[bool]]:
    o = Order
    found = [readable(identity)]
    if wanted.state == ANY_UNFINISHED:
        found.append(o.state.in_(UNFINISHED))
    elif wanted.state is not None:
        found.append(o.state == wanted.state)
    if wanted.grade is not None:
        found.append(o.grade == wanted.grade)
    if wanted.unit is not None:
        found.append(o.unit_id == select(Unit.id).where(Unit.code == wanted.unit).scalar_subquery())
    if wanted.line is not None:
        found.append(o.line.is_(None) if wanted.line == "office" else o.line == wanted.line)
    if wanted.overdue:
        found += [o.state == OrderState.OPEN.value, o.term < clock.today()]
    if wanted.q:
        found.append(or_(o.code.icontains(wanted.q, autoescape=True), o.words.icontains(wanted.q, autoescape=True)))
    return found


def listed(where: Sequence[ColumnElement[bool]]) -> Select[Order]:
    """The latest first; the unit and who issued it come along."""
    return (select(Order).where(*where).order_by(Order.opened_at.desc(), Order.id.desc())
            .options(joinedload(Order.unit), joinedload(Order.opened_by)))


def after(at: datetime, key: UUID) -> ColumnElement[bool]:
    """What follows a row in the order of `listed`."""
    return tuple_(Order.opened_at, Order.id) < tuple_(at, key)


def count(where: Sequence[ColumnElement[bool]]) -> int:
    return db.session.scalar(select(func.count()).select_from(Order).where(*where)) or 0


def one(identity: Identity, key: UUID) -> Order:
    """Raises NotVisible."""
    if not reaches(identity, Permission.SUPERVISION_READ):
        raise NotVisible
    found = db.session.scalars(listed([Order.id == key, readable(identity)])).one_or_none()
    if found is None:
        raise NotVisible
    return found


def lock(order: Order) -> None:
    """Hold the row until the commit and read it anew; only for whoever may change it."""
    db.session.refresh(order, list(Order.__mapper__.column_attrs.keys()), with_for_update=True)


def replies(order: Order) -> Sequence[OrderReply]:
    """The rounds, the latest first."""
    r = OrderReply
    return db.session.scalars(select(r).where(r.supervision_id == order.id).options(joinedload(r.by), joinedload(r.judged_by))
                              .order_by(r.round.desc())).all()


def reply_to_judge(order: Order) -> OrderReply:
    """The reply of the round at hand, held until the commit."""
    r = OrderReply
    return db.session.scalars(select(r).where(r.supervision_id == order.id, r.round == order.round).with_for_update()).one()


def time_asked(order: Order) -> AuditEntry | None:
    """The entry of the history by which the unit asks for more time, while nobody has answered it."""
    steps = (e for e in audit.history("supervision", order.id) if e.action in (ASKED, *SETTLED))
    last = next(steps, None) if order.state == OrderState.OPEN else None
    return last if last is not None and last.action == ASKED else None


def asking(identity: Identity, lines: Collection[Line | None], most: int) -> Sequence[tuple[Order, datetime]]:
    """Open orders of these issuers whose unit asks for more time and has no answer yet, and since when; the first to ask first."""
    e = AuditEntry
    last = (select(e.action, e.at)
            .where(e.subject_kind == "supervision", e.subject_id == Order.id, e.action.in_((ASKED, *SETTLED)))
            .order_by(e.at.desc(), e.id.desc()).limit(1).lateral())
    rows = db.session.execute(
        listed([readable(identity, Permission.SUPERVISION_ORDER), _of(lines), Order.state == OrderState.OPEN.value])
        .add_columns(last.c.at).join(last, last.c.action == ASKED).order_by(None).order_by(last.c.at, Order.id).limit(most))
    return [(row, at) for row, at in rows]


def _of(lines: Collection[Line | None]) -> ColumnElement[bool]:
    """Issued by one of these; None stands for the office."""
    return or_(false(), *(Order.line.is_(None) if line is None else Order.line == line.value for line in lines))


def lights(orders: Iterable[Order]) -> dict[UUID, Light]:
    today, days = clock.today(), assignments.calendar()
    return {o.id: rules.light(o.state, o.grade, o.term, o.replied_on, today, days) for o in orders}


def of_thing(identity: Identity, ref: Ref) -> Sequence[Order]:
    """The orders about one thing that this person sees, the latest first."""
    if not reaches(identity, Permission.SUPERVISION_READ):
        return ()
    return db.session.scalars(listed([Order.about_kind == ref.kind.value, Order.about_id == ref.key, readable(identity)])).all()


def unfinished_about(refs: Collection[Ref], line: Line | None) -> frozenset[Ref]:
    """Those of the things about which this issuer has an order that has not ended."""
    if not refs:
        return frozenset()
    mine = Order.line.is_(None) if line is None else Order.line == line.value
    rows = db.session.scalars(select(Order).where(Order.about_id.in_([r.key for r in refs]), Order.state.in_(UNFINISHED), mine))
    return frozenset(o.about for o in rows if o.about)


def to_reply(identity: Identity, most: int) -> Sequence[Order]:
    """Orders that this person's unit has to reply to, by term."""
    return db.session.scalars(listed([readable(identity, Permission.SUPERVISION_REPLY), Order.state == OrderState.OPEN.value])
                              .order_by(None).order_by(Order.term, Order.id).limit(most)).all()


def to_judge(identity: Identity, lines: Collection[Line | None], most: int) -> Sequence[Order]:
    """Replies to orders of these issuers that wait to be judged, the one that waits longest first."""
    return db.session.scalars(
        listed([readable(identity, Permission.SUPERVISION_ORDER), _of(lines), Order.state == OrderState.REPLIED.value])
        .order_by(None).order_by(Order.replied_on, Order.id).limit(most)).all()


def things(identity: Identity, refs: Collection[Ref]) -> dict[Ref, Thing]:
    """Those of the things that this person may read; one statement a kind."""
    found: dict[Ref, Thing] = {}
    for kind, load in ((AboutKind.ASSIGNMENT, _assignments), (AboutKind.FILING, _filings), (AboutKind.ISSUE, _issues)):
        keys = [r.key for r in refs if r.kind is kind]
        if keys:
            found |= {t.ref: t for t in load(identity, keys)}
    return found


def _assignments(identity: Identity, keys: Sequence[UUID]) -> Iterable[Thing]:
    if reaches(identity, Permission.ASSIGNMENT_READ):
        a = Assignment
        for row in db.session.scalars(select(a).where(a.id.in_(keys), assignments.readable(identity)).order_by(a.unit_id, a.code)):
            yield of_assignment(row)


def of_assignment(row: Assignment) -> Thing:
    return Thing(Ref(AboutKind.ASSIGNMENT, row.id), row.unit_id, Line(row.line), row.code, {"en": row.title, "zh": row.title_zh},
                 row.state in UNCLOSED_STATES)


def _filings(identity: Identity, keys: Sequence[UUID]) -> Iterable[Thing]:
    if reaches(identity, Permission.FILING_READ):
        name = ABOUT[AboutKind.FILING]
        for row in db.session.scalars(select(Filing).where(Filing.id.in_(keys), filings.readable(identity))):
            yield Thing(Ref(AboutKind.FILING, row.id), row.unit_id, None, "", i18n.both(name),
                        row.state != "superseded")


def _issues(identity: Identity, keys: Sequence[UUID]) -> Iterable[Thing]:
    if reaches(identity, Permission.ISSUE_READ):
        for row in db.session.scalars(select(Issue).where(Issue.id.in_(keys), issues.readable(identity))):
            yield Thing(Ref(AboutKind.ISSUE, row.id), row.owner_unit, Line(row.ruling_line), row.code,
                        {"en": row.title, "zh": row.title}, row.state in issues.UNFINISHED)
