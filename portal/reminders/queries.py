"""What has a deadline or waits, in slices that fit into memory; the ladder; who works where today; what was told."""
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, exists, func, select, text
from sqlalchemy.orm import contains_eager, joinedload

from portal.assignments.models import Assignment, Extension
from portal.assignments.rules import HANDED_IN, OPEN, granting
from portal.bulletins.models import Bulletin, BulletinReceipt
from portal.campaigns.models import Campaign, CampaignReceipt
from portal.filings import queries as filings
from portal.filings.models import Filing, FilingReview
from portal.filings.rules import RETURNED, SUBMITTED
from portal.issues import queries as issues
from portal.issues.models import Issue, IssueTurn, IssueWait
from portal.issues.rules.clocks import limit_for
from portal.reminders import rules
from portal.reminders.models import Reminder, ReminderAnswer, ReminderRung
from portal.reminders.rules import Answer, Channel, Deadline, Item, Ladder, Post, Rung, Span, Staff, Whom
from portal.supervision.models import Order
from portal.supervision.rules import OrderState
from portal.worktime import WorkingTime
from tenants import clock, directory, models
from tenants.access import HEADQUARTERS, Identity
from tenants.db import db
from tenants.errors import NotVisible
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import Line, Role, Severity, Stage

PLAN = "plan_filing"
BATCH = 500                            # things held in memory at once
Where = tuple[ColumnElement[bool], ...]
Found = Iterator[list[Item]]


def rungs() -> Sequence[ReminderRung]:
    """In the order in which they are climbed."""
    r = ReminderRung
    return db.session.scalars(select(r).order_by(r.kind, r.span.desc(), r.step, r.whom)).all()


def ladder() -> Ladder:
    return [rung_of(r) for r in rungs()]


def rung_of(row: ReminderRung) -> Rung:
    return Rung(Deadline(row.kind), row.step, Span(row.span), Whom(row.whom), Channel(row.channel), row.rooms)


def working_time() -> WorkingTime:
    """The hours and days that the programme office has set."""
    return issues.ground().time


def staff(unit: int) -> Staff:
    """Who holds which function today in a unit and at headquarters, and who stands in for whom."""
    a, today = models.Appointment, clock.today()
    held = db.session.scalars(select(a).join(a.person).where(a.unit_id.in_({unit, HEADQUARTERS}), directory.in_force(today))
                              .options(contains_eager(a.person))).all()
    d = models.Delegation
    absent = db.session.execute(select(d.appointment_id, d.person_id).where(
        d.appointment_id.in_([x.id for x in held]), d.valid_from <= today, d.valid_until >= today)).all()
    away = dict(absent)
    working = db.session.execute(select(a.person_id, a.unit_id).join(a.person).where(
        a.person_id.in_(away.values()), directory.in_force(today))).all() if away else ()
    home = dict(working)
    return Staff([Post(x.person_id, x.unit_id, Role(x.role), Line(x.line) if x.line else None, x.deputy, away.get(x.id))
                  for x in held], home)


def units_to_sweep() -> Sequence[int]:
    """Every unit; unscoped, through a definer function."""
    with db.engine.begin() as connection:
        return list(connection.execute(text("SELECT * FROM app.units_to_sweep()")).scalars())


def told(items: Sequence[Item]) -> Mapping[tuple[UUID, str, str, str], Collection[str]]:
    """The rungs told of these things, by thing, kind, part and round."""
    r = Reminder
    found: dict[tuple[UUID, str, str, str], set[str]] = defaultdict(set)
    rows = db.session.execute(select(r.subject_id, r.kind, r.part, r.round, r.rung).where(r.subject_id.in_({i.key for i in items})))
    for key, kind, part, round_, rung in rows:
        found[key, kind, part, round_].add(rung)
    return found


def answers(items: Sequence[Item]) -> Mapping[tuple[UUID, str, str, str], Collection[tuple[Answer, datetime]]]:
    """What was answered to reminders of these things, by thing, kind, part and round."""
    r = ReminderAnswer
    found: dict[tuple[UUID, str, str, str], list[tuple[Answer, datetime]]] = defaultdict(list)
    for key, kind, part, round_, answer, at in db.session.execute(
            select(r.subject_id, r.kind, r.part, r.round, r.answer, r.at).where(r.subject_id.in_({i.key for i in items}))):
        found[key, kind, part, round_].append((Answer(answer), at))
    return found


def answered(key: UUID, limit: int = 10) -> Sequence[ReminderAnswer]:
    """The answers to reminders of one thing, newest first."""
    r = ReminderAnswer
    return db.session.scalars(select(r).where(r.subject_id == key).options(joinedload(r.person), joinedload(r.blocking))
                              .order_by(r.at.desc(), r.id.desc()).limit(limit)).all()


def one(identity: Identity, key: UUID) -> Reminder:
    """A reminder that this person, or whom the person stands in for, was told. Raises NotVisible."""
    found = db.session.get(Reminder, key)
    if found is None or not identity.selves & set(found.people):
        raise NotVisible
    return found


def spent(key: UUID, person: UUID) -> bool:
    """Whether the link in this person's letter was used."""
    r = ReminderAnswer
    return db.session.scalar(select(exists().where(r.reminder_id == key, r.person_id == person, r.by_link))) or False


def of(key: UUID, limit: int = 30) -> Sequence[Reminder]:
    """What was told of one thing, newest first."""
    return db.session.scalars(select(Reminder).where(Reminder.subject_id == key).order_by(Reminder.at.desc(), Reminder.id.desc())
                              .limit(limit)).all()


def names(units: Collection[int]) -> dict[int, dict[str, str]]:
    rows = db.session.execute(select(Unit.id, Unit.name, Unit.name_zh).where(Unit.id.in_(units)))
    return {key: {"en": name, "zh": name_zh} for key, name, name_zh in rows}


def open_items(unit: int | None, now: datetime, steps: Ladder, time: WorkingTime) -> Found:
    """Everything of which something could be told now, slice by slice; of all units that one sees where none is named."""
    sources: Mapping[Deadline, Callable[..., Found]] = {
        Deadline.FILING: _filings, Deadline.REVIEW: _reviews, Deadline.ASSIGNMENT: _assignments,
        Deadline.VERIFICATION: _verifications, Deadline.EXTENSION: _extensions, Deadline.RESPOND: _issues,
        Deadline.RESOLVE: _issues, Deadline.RECEIPT: _receipts, Deadline.ORDER: _orders,
        Deadline.ACKNOWLEDGEMENT: _acknowledgements}
    for kind, source in sources.items():
        last = rules.horizon(kind, now, steps, time)
        if last is not None:
            yield from source(kind, unit, last)


def _slices(statement: Any, key: Any) -> Iterator[Sequence[Row[Any]]]:
    """By keyset: each slice begins after the last key of the one before, also when there was a commit in between."""
    after: UUID | None = None
    while True:
        here = statement if after is None else statement.where(key > after)
        rows = db.session.execute(here.order_by(key).limit(BATCH)).all()
        if rows:
            yield rows
        if len(rows) < BATCH:
            return
        after = rows[-1][0]


_A = Assignment
_TASK: tuple[Any, ...] = (_A.id, _A.unit_id, _A.line, _A.due, _A.round, _A.title, _A.title_zh, _A.owner_id, _A.handed_in_on,
                          _A.milestone_due, _A.year, _A.returned_at)


def _of(unit: int | None, column: Any) -> Where:
    return () if unit is None else (column == unit,)


def _task(kind: Deadline, r: Any, due: Any, **more: Any) -> Item:
    return Item(kind, "assignment", r.id, r.unit_id, Line(r.line), due, f"{r.round} {due.isoformat()}",
                {"en": r.title, "zh": r.title_zh}, f"/assignments/{r.id}", r.owner_id, **more)


def _assignments(kind: Deadline, unit: int | None, last: Any) -> Found:
    where = (_A.state == OPEN, _A.template_kind != PLAN, _A.due <= last, *_of(unit, _A.unit_id))
    for rows in _slices(select(*_TASK).where(*where), _A.id):
        yield [_task(kind, r, r.due, since=r.returned_at) for r in rows]


def _filings(kind: Deadline, unit: int | None, last: Any) -> Found:
    """The plan's own task until it is submitted; after a return, the plan itself."""
    where = (_A.state == OPEN, _A.template_kind == PLAN, _A.due <= last, *_of(unit, _A.unit_id))
    for rows in _slices(select(*_TASK).where(*where), _A.id):
        yield [_task(kind, r, r.due) for r in rows]
    f, v = Filing, FilingReview
    returned = select(func.min(v.at)).where(v.filing_id == f.id, v.round == f.round, v.verdict == "return").scalar_subquery()
    plans = (select(f.id, f.unit_id, f.round, _A.due, returned.label("since"))
             .join(_A, (_A.unit_id == f.unit_id) & (_A.programme_id == f.programme_id))
             .where(f.state == RETURNED, _A.template_kind == PLAN, _A.due <= last, *_of(unit, f.unit_id)))
    for rows in _slices(plans, f.id):
        yield [_plan(kind, r.id, r.unit_id, r.due, f"{r.round} {r.due.isoformat()}", since=r.since) for r in rows]


def _plan(kind: Deadline, key: UUID, unit: int, due: Any, round_: str, line: Line | None = None, **more: Any) -> Item:
    return Item(kind, "filing", key, unit, line, due, round_, {"en": "", "zh": ""}, f"/filings/{key}", **more,
                judge=(Role.HQ_LINE_LEAD, line) if line else None)


def _reviews(kind: Deadline, unit: int | None, _: Any) -> Found:
    """At each line that has yet to judge its part, since the submission."""
    keys = select(Filing.id).where(Filing.state == SUBMITTED, *_of(unit, Filing.unit_id))
    for rows in _slices(keys, Filing.id):
        found = db.session.scalars(select(Filing).where(Filing.id.in_([r.id for r in rows])).order_by(Filing.id)).all()
        pending = filings.pending_lines(found)
        yield [_plan(kind, f.id, f.unit_id, f.submitted_at, str(f.round), line, part=line.value)
               for f in found if f.submitted_at for line in pending[f.id]]


def _verifications(kind: Deadline, unit: int | None, _: Any) -> Found:
    where = (_A.state == HANDED_IN, _A.template_kind != PLAN, _A.handed_in_on.is_not(None), *_of(unit, _A.unit_id))
    for rows in _slices(select(*_TASK).where(*where), _A.id):
        yield [_task(kind, r, r.handed_in_on, judge=_verifier(r.unit_id, r.line)) for r in rows]


def _verifier(unit: int, line: str) -> tuple[Role, Line | None]:
    """Of headquarters' own the office, of the office's the leadership group."""
    if unit != HEADQUARTERS:
        return Role.HQ_LINE_LEAD, Line(line)
    return (Role.HQ_LEADER if line == Line.CUSTOMER_SERVICE else Role.HQ_OFFICE), None


def _extensions(kind: Deadline, unit: int | None, _: Any) -> Found:
    e = Extension
    asked = (select(e.id.label("request"), e.asked_at, e.due.label("wanted"), *_TASK).join(_A, _A.id == e.assignment_id)
             .where(e.verdict.is_(None), e.withdrawn_at.is_(None), _A.state == OPEN, *_of(unit, e.unit_id)))
    for rows in _slices(asked, e.id):
        yield [_task(kind, r, r.asked_at, part=str(r.request), judge=_granter(r)) for r in rows]


def _granter(r: Any) -> tuple[Role, Line | None]:
    who = granting(r.wanted, r.milestone_due, r.year)
    if who is Permission.EXTENSION_GRANT:
        return _verifier(r.unit_id, r.line)
    offices_own = r.unit_id == HEADQUARTERS and r.line == Line.CUSTOMER_SERVICE
    return (Role.HQ_LEADER if who is Permission.EXTENSION_GRANT_NEXT_YEAR or offices_own else Role.HQ_OFFICE), None


def _issues(kind: Deadline, unit: int | None, _: Any) -> Found:
    """Deadlines of issues are computed when read. A desk that gets an issue, or gets it back, climbs a ladder of its own."""
    i, t, w, waits = Issue, IssueTurn, IssueWait, ("routed", "accepted")
    got = select(func.max(t.begun_at)).where(t.issue_id == i.id, t.position > 1).scalar_subquery()
    back = select(func.max(w.ended_at)).where(w.issue_id == i.id, i.reopened > 0).scalar_subquery()
    columns = (i.id, i.owner_unit, i.owner_line, i.ruling_line, i.severity, i.stage, i.raised_at, i.reopened, i.title,
               func.greatest(got, back).label("since"))
    open_ = (i.state.in_(waits), *((i.responded_at.is_(None),) if kind is Deadline.RESPOND else ()), *_of(unit, i.owner_unit))
    limits = issues.ground().limits
    for rows in _slices(select(*columns).where(*open_), i.id):
        yield [_issue(kind, r, issues.deadlines(r.raised_at, r.severity, r.stage),
                      limit_for(limits, Severity(r.severity), Stage(r.stage)).continuous)
               for r in rows]


def _issue(kind: Deadline, r: Any, by: Any, continuous: bool) -> Item:
    due = by.respond_by if kind is Deadline.RESPOND else by.resolve_by
    return Item(kind, "issue", r.id, r.owner_unit, Line(r.owner_line), due, f"{r.owner_unit}.{r.owner_line} {r.reopened}",
                {"en": r.title, "zh": r.title}, f"/issues/{r.id}", judge=(Role.HQ_LINE_LEAD, Line(r.ruling_line)),
                continuous=continuous, since=r.since)


def _receipts(kind: Deadline, unit: int | None, _: Any) -> Found:
    c, r = Campaign, CampaignReceipt
    rows_of = (select(r.id, r.campaign_id, r.unit_id, r.line, r.at, c.name).join(c, c.id == r.campaign_id)
               .where(r.acknowledged_at.is_(None), *_of(unit, r.unit_id)))
    for rows in _slices(rows_of, r.id):
        yield [Item(kind, "campaign", x.campaign_id, x.unit_id, Line(x.line), x.at, x.at.isoformat(), {"en": x.name, "zh": x.name},
                    f"/campaigns/{x.campaign_id}", part=str(x.id)) for x in rows]


def _acknowledgements(kind: Deadline, unit: int | None, _: Any) -> Found:
    b, r = Bulletin, BulletinReceipt
    rows_of = (select(r.id, r.bulletin_id, r.unit_id, r.at, b.title).join(b, b.id == r.bulletin_id)
               .where(r.acknowledged_at.is_(None), *_of(unit, r.unit_id)))
    for rows in _slices(rows_of, r.id):
        yield [Item(kind, "bulletin", x.bulletin_id, x.unit_id, None, x.at, x.at.isoformat(), {"en": x.title, "zh": x.title},
                    f"/bulletins/{x.bulletin_id}", part=str(x.id), judge=(Role.HQ_OFFICE, None)) for x in rows]


def _orders(kind: Deadline, unit: int | None, last: Any) -> Found:
    """Supervision orders that wait for a reply; at headquarters the line that issued one is told, or the office."""
    o = Order
    rows_of = (select(o.id, o.unit_id, o.line, o.term, o.round, o.code)
               .where(o.state == OrderState.OPEN.value, o.term <= last, *_of(unit, o.unit_id)))
    for rows in _slices(rows_of, o.id):
        yield [Item(kind, "supervision", x.id, x.unit_id, Line(x.line) if x.line else None, x.term,
                    f"{x.round} {x.term.isoformat()}", {"en": x.code, "zh": x.code}, f"/supervision/{x.id}",
                    judge=None if x.line else (Role.HQ_OFFICE, None))
               for x in rows]
