"""What has a deadline or waits, in slices that fit into memory; the ladder; who works where today; what was told."""
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, exists, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import contains_eager, joinedload

from portal.assignments.models import Assignment, Extension
from portal.assignments.rules import HANDED_IN, OPEN, PLAN_FILING, UNCLOSED_STATES, granting
from portal.bulletins.models import Bulletin, BulletinReceipt
from portal.campaigns.models import Campaign, CampaignReceipt
from portal.filings import queries as filings
from portal.filings.models import Filing, FilingReview
from portal.filings.rules import RETURNED, SUBMITTED
from portal.issues import queries as issues
from portal.issues.models import Issue, IssueTurn, IssueWait
from portal.issues.rules.clocks import limit_for
from portal.programmes import queries as programmes
from portal.reminders import rules
from portal.reminders.models import Reminder, ReminderAnswer, ReminderRung
from portal.reminders.rules import Answer, Channel, Deadline, Item, Ladder, Post, Rung, Said, Span, Staff, Whom
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

_WAITING = ("routed", "accepted")       # states of issues
BATCH = 500                            # things held in memory at once
Where = tuple[ColumnElement[bool], ...]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Within:
    """What is looked through: all that one sees, one unit, or one thing of it."""
    unit: int | None = None
    thing: UUID | None = None

    def of(self, unit: Any, thing: Any) -> Where:
        """For a statement in which these columns are the unit and the thing that a notice is about."""
        return (*(() if self.unit is None else (unit == self.unit,)), *(() if self.thing is None else (thing == self.thing,)))


@dataclass(frozen=True, slots=True)
class Slice:
    """Things looked at together, how many rows nothing could be made of, and the place after which the next slice begins."""
    items: list[Item]
    broken: int
    place: str


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that are things with a deadline, in the order of `key`. `reader` takes a slice of them and gives back what makes the
    things of one row."""
    rows: Any
    key: Any
    reader: Callable[[Sequence[Row[Any]]], Callable[[Any], Iterable[Item]]]


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
    """Who holds which function today in a unit and at headquarters, and who stands in for whom: nobody does who has left, or has
    himself passed on all that is his."""
    a, today = models.Appointment, clock.today()
    held = db.session.scalars(select(a).join(a.person).where(a.unit_id.in_({unit, HEADQUARTERS}), directory.in_force(today))
                              .options(contains_eager(a.person))).all()
    d = models.Delegation
    absent = db.session.execute(select(d.appointment_id, d.person_id).where(
        d.appointment_id.in_([x.id for x in held]), d.valid_from <= today, d.valid_until >= today)).all()
    away = dict(absent)
    passed_on = exists().where(d.appointment_id == a.id, d.valid_from <= today, d.valid_until >= today)
    working = db.session.execute(select(a.person_id, a.unit_id).join(a.person).where(
        a.person_id.in_(away.values()), directory.in_force(today), ~passed_on).order_by(a.unit_id != unit)).all() if away else ()
    home = dict(reversed(working))
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


def answers(items: Sequence[Item]) -> Mapping[tuple[UUID, str, str, str], Collection[Said]]:
    """What was answered by those who have to act, by thing, kind, part and round. Of headquarters' answers, whose words no unit
    reads, the sweep of a unit learns that they were given."""
    of = {(i.key, i.kind.value, i.part): i.unit for i in items}
    found: dict[tuple[UUID, str, str, str], list[Said]] = defaultdict(list)
    rows = db.session.execute(select("*").select_from(func.app.reminder_answers(list({i.key for i in items})))).all()
    for r in rows:
        unit = of.get((r.subject_id, r.kind, r.part))
        if unit is not None and rules.counts(Deadline(r.kind), unit, r.said_in):
            found[r.subject_id, r.kind, r.part, r.round].append((Answer(r.answer), r.at, r.person_id))
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


def mine(identity: Identity, key: UUID, limit: int = 10) -> Sequence[Reminder]:
    """What this person was told of one thing, newest first."""
    r = Reminder
    return db.session.scalars(select(r).where(r.subject_id == key, r.people.overlap(list(identity.selves)))
                              .order_by(r.at.desc(), r.id.desc()).limit(limit)).all()


def waits(reminder: Reminder, thing: Any) -> bool:
    """Whether what somebody was reminded of still waits for those who were reminded of it."""
    kind = Deadline(reminder.kind)
    match kind:
        case Deadline.ASSIGNMENT | Deadline.FILING:
            return bool(thing.state in (OPEN, RETURNED))
        case Deadline.REVIEW:
            return Line(reminder.part) in filings.pending_lines([thing]).get(thing.id, ())
        case Deadline.VERIFICATION:
            return bool(thing.state == HANDED_IN)
        case Deadline.EXTENSION:
            return thing.open_extension is not None and str(thing.open_extension.id) == reminder.part
        case Deadline.RESPOND | Deadline.RESOLVE:
            answered_for = kind is Deadline.RESPOND and thing.responded_at is not None
            return bool(thing.state in _WAITING and thing.owner_unit == reminder.unit_id) and not answered_for
        case Deadline.ORDER:
            return bool(thing.state == OrderState.OPEN)
        case Deadline.RECEIPT | Deadline.ACKNOWLEDGEMENT:
            key = UUID(reminder.part)
            receipt = db.session.get(CampaignReceipt, key) if kind is Deadline.RECEIPT else db.session.get(BulletinReceipt, key)
            return receipt is not None and receipt.acknowledged_at is None


def spent(key: UUID, person: UUID) -> bool:
    """Whether the link in this person's letter was used."""
    r = ReminderAnswer
    return db.session.scalar(select(exists().where(r.reminder_id == key, r.person_id == person, r.by_link))) or False


def stands(identity: Identity, key: UUID) -> bool:
    """Whether what this person was reminded of is still so: the thing waits in the same round, no answer leaves him in peace."""
    told = db.session.get(Reminder, key)
    if told is None:
        return False
    now, time, kind = clock.now(), working_time(), Deadline(told.kind)
    found = [item for part in open_items(Within(told.unit_id, told.subject_id), now, ladder(), time, kinds=(kind,))
             for item in part.items if (item.part, item.round) == (told.part, told.round)]
    said = answers(found).get((told.subject_id, told.kind, told.part, told.round), ()) if found else ()
    whom = Whom(told.rung.rpartition(" ")[2])
    gone = identity.person in rules.disowned(said, now, time) and rules.works(whom, kind)
    return bool(found) and not gone and not rules.silenced(whom, kind, said, now, time)


def of(key: UUID, limit: int = 30) -> Sequence[Reminder]:
    """What was told of one thing, newest first."""
    return db.session.scalars(select(Reminder).where(Reminder.subject_id == key).order_by(Reminder.at.desc(), Reminder.id.desc())
                              .limit(limit)).all()


def names(units: Collection[int]) -> dict[int, dict[str, str]]:
    rows = db.session.execute(select(Unit.id, Unit.name, Unit.name_zh).where(Unit.id.in_(units)))
    return {key: {"en": name, "zh": name_zh} for key, name, name_zh in rows}


def open_items(within: Within, now: datetime, steps: Ladder, time: WorkingTime, *, kinds: Collection[Deadline] = tuple(Deadline),
               after: str = "") -> Iterator[Slice]:
    """Everything of which something could be told now, slice by slice; from a place on where one is named."""
    begin, _, key = after.partition(" ")
    names = list(_SOURCES)
    for name in names[names.index(begin) if begin in names else 0:]:
        kind, source = _SOURCES[name]
        last = rules.horizon(kind, now, steps, time) if kind in kinds else None
        if last is not None:
            yield from _slices(name, source(kind, within, last), UUID(key) if name == begin else None)


def _slices(name: str, source: Source, after: UUID | None) -> Iterator[Slice]:
    """By keyset: each slice begins after the last key of the one before, also when there was a commit in between."""
    while True:
        here = source.rows if after is None else source.rows.where(source.key > after)
        rows = db.session.execute(here.order_by(source.key).limit(BATCH)).all()
        if rows:
            after = rows[-1][0]
            items, broken = _read(source, rows)
            yield Slice(items, broken, f"{name} {after}")
        if len(rows) < BATCH:
            return


def _read(source: Source, rows: Sequence[Row[Any]]) -> tuple[list[Item], int]:
    """A row of which nothing can be made is left out, and told of; it takes no other with it."""
    try:
        read = source.reader(rows)
        return [item for row in rows for item in read(row)], 0
    except SQLAlchemyError:
        raise
    except Exception as fault:
        if len(rows) == 1:
            _log.warning("what a reminder would be about cannot be read: %s, %s", rows[0][0], type(fault).__name__)
            return [], 1
        half = len(rows) // 2
        (first, lost), (second, more) = _read(source, rows[:half]), _read(source, rows[half:])
        return first + second, lost + more


def _each(make: Callable[[Any], Item]) -> Callable[[Sequence[Row[Any]]], Callable[[Any], Iterable[Item]]]:
    """Of sources of which each row is one thing."""
    return lambda _: lambda row: (make(row),)


_A = Assignment
_TASK: tuple[Any, ...] = (_A.id, _A.unit_id, _A.line, _A.due, _A.round, _A.title, _A.title_zh, _A.owner_id, _A.handed_in_on,
                          _A.milestone_due, _A.year, _A.returned_at, _A.code)
_RUNS = programmes.running(_A.programme_id)             # an ended programme reminds nobody


def _task(kind: Deadline, r: Any, due: Any, **more: Any) -> Item:
    return Item(kind, "assignment", r.id, r.unit_id, Line(r.line), due, f"{r.round} {due.isoformat()}",
                {"en": f"{r.code} {r.title}", "zh": f"{r.code} {r.title_zh}"}, f"/assignments/{r.id}", r.owner_id, **more)


def _assignments(kind: Deadline, within: Within, last: Any) -> Source:
    where = (_A.state == OPEN, _A.template_kind != PLAN_FILING, _A.due <= last, _RUNS, *within.of(_A.unit_id, _A.id))
    return Source(select(*_TASK).where(*where), _A.id, _each(lambda r: _task(kind, r, r.due, since=r.returned_at)))


def _filings(kind: Deadline, within: Within, last: Any) -> Source:
    """The plan's own task until it is submitted; after a return, the plan itself (_plans)."""
    where = (_A.state == OPEN, _A.template_kind == PLAN_FILING, _A.due <= last, _RUNS, *within.of(_A.unit_id, _A.id))
    return Source(select(*_TASK).where(*where), _A.id, _each(lambda r: _task(kind, r, r.due)))


def _plans(kind: Deadline, within: Within, last: Any) -> Source:
    f, v = Filing, FilingReview
    returned = select(func.min(v.at)).where(v.filing_id == f.id, v.round == f.round, v.verdict == "return").scalar_subquery()
    plans = (select(f.id, f.unit_id, f.round, _A.due, returned.label("since"))
             .join(_A, (_A.unit_id == f.unit_id) & (_A.programme_id == f.programme_id))
             .where(f.state == RETURNED, _A.template_kind == PLAN_FILING, _A.due <= last, _RUNS, *within.of(f.unit_id, f.id)))
    return Source(plans, f.id, _each(
        lambda r: _plan(kind, r.id, r.unit_id, r.due, f"{r.round} {r.due.isoformat()}", since=r.since)))


def _plan(kind: Deadline, key: UUID, unit: int, due: Any, round_: str, line: Line | None = None, **more: Any) -> Item:
    return Item(kind, "filing", key, unit, line, due, round_, {"en": "", "zh": ""}, f"/filings/{key}", **more,
                judge=(Role.HQ_LINE_LEAD, line) if line else None)


def _reviews(kind: Deadline, within: Within, _: Any) -> Source:
    """At each line that has yet to judge its part, since the submission."""
    def reader(rows: Sequence[Row[Any]]) -> Callable[[Any], Iterable[Item]]:
        found = {f.id: f for f in db.session.scalars(select(Filing).where(Filing.id.in_([r.id for r in rows])))}
        pending = filings.pending_lines(list(found.values()))

        def parts(r: Any) -> Iterable[Item]:
            f = found[r.id]
            return [_plan(kind, f.id, f.unit_id, f.submitted_at, str(f.round), line, part=line.value)
                    for line in pending[f.id] if f.submitted_at]
        return parts
    where = (Filing.state == SUBMITTED, programmes.running(Filing.programme_id), *within.of(Filing.unit_id, Filing.id))
    return Source(select(Filing.id).where(*where), Filing.id, reader)


def _verifications(kind: Deadline, within: Within, _: Any) -> Source:
    where = (_A.state == HANDED_IN, _A.template_kind != PLAN_FILING, _A.handed_in_on.is_not(None), _RUNS,
             *within.of(_A.unit_id, _A.id))
    return Source(select(*_TASK).where(*where), _A.id,
                  _each(lambda r: _task(kind, r, r.handed_in_on, judge=verifier(r.unit_id, r.line))))


def verifier(unit: int, line: str) -> tuple[Role, Line | None]:
    """Of headquarters' own the office, of the office's the leadership group."""
    if unit != HEADQUARTERS:
        return Role.HQ_LINE_LEAD, Line(line)
    return (Role.HQ_LEADER if line == Line.CUSTOMER_SERVICE else Role.HQ_OFFICE), None


def _extensions(kind: Deadline, within: Within, _: Any) -> Source:
    e = Extension
    asked = (select(e.id.label("request"), e.asked_at, e.due.label("wanted"), *_TASK).join(_A, _A.id == e.assignment_id)
             .where(e.verdict.is_(None), e.withdrawn_at.is_(None), _A.state.in_(UNCLOSED_STATES), _RUNS,
                    *within.of(e.unit_id, _A.id)))
    return Source(asked, e.id, _each(lambda r: _task(kind, r, r.asked_at, part=str(r.request), judge=_granter(r))))


def _granter(r: Any) -> tuple[Role, Line | None]:
    who = granting(r.wanted, r.milestone_due, r.year)
    if who is Permission.EXTENSION_GRANT:
        return verifier(r.unit_id, r.line)
    offices_own = r.unit_id == HEADQUARTERS and r.line == Line.CUSTOMER_SERVICE
    return (Role.HQ_LEADER if who is Permission.EXTENSION_GRANT_NEXT_YEAR or offices_own else Role.HQ_OFFICE), None


def _issues(kind: Deadline, within: Within, _: Any) -> Source:
    """Deadlines of issues are computed when read. A desk that gets an issue, or gets it back, climbs a ladder of its own."""
    i, t, w = Issue, IssueTurn, IssueWait
    got = select(func.max(t.begun_at)).where(t.issue_id == i.id, t.position > 1).scalar_subquery()
    back = select(func.max(w.ended_at)).where(w.issue_id == i.id, i.reopened > 0).scalar_subquery()
    columns = (i.id, i.owner_unit, i.owner_line, i.ruling_line, i.severity, i.stage, i.raised_at, i.reopened, i.title, i.code,
               func.greatest(got, back).label("since"))
    unanswered = (i.responded_at.is_(None),) if kind is Deadline.RESPOND else ()
    open_ = (i.state.in_(_WAITING), *unanswered, *within.of(i.owner_unit, i.id))
    limits = issues.ground().limits
    return Source(select(*columns).where(*open_), i.id, _each(
        lambda r: _issue(kind, r, issues.deadlines(r.raised_at, r.severity, r.stage),
                         limit_for(limits, Severity(r.severity), Stage(r.stage)).continuous)))


def _issue(kind: Deadline, r: Any, by: Any, continuous: bool) -> Item:
    due = by.respond_by if kind is Deadline.RESPOND else by.resolve_by
    return Item(kind, "issue", r.id, r.owner_unit, Line(r.owner_line), due, f"{r.owner_unit}.{r.owner_line} {r.reopened}",
                dict.fromkeys(("en", "zh"), f"{r.code} {r.title}"), f"/issues/{r.id}",
                judge=(Role.HQ_LINE_LEAD, Line(r.ruling_line)), continuous=continuous, since=r.since)


def _receipts(kind: Deadline, within: Within, _: Any) -> Source:
    c, r = Campaign, CampaignReceipt
    rows = (select(r.id, r.campaign_id, r.unit_id, r.line, r.at, c.name).join(c, c.id == r.campaign_id)
            .where(r.acknowledged_at.is_(None), *within.of(r.unit_id, r.campaign_id)))
    return Source(rows, r.id, _each(lambda x: Item(
        kind, "campaign", x.campaign_id, x.unit_id, Line(x.line), x.at, x.at.isoformat(), {"en": x.name, "zh": x.name},
        f"/campaigns/{x.campaign_id}", part=str(x.id))))


def _acknowledgements(kind: Deadline, within: Within, _: Any) -> Source:
    b, r = Bulletin, BulletinReceipt
    rows = (select(r.id, r.bulletin_id, r.unit_id, r.at, b.title).join(b, b.id == r.bulletin_id)
            .where(r.acknowledged_at.is_(None), *within.of(r.unit_id, r.bulletin_id)))
    return Source(rows, r.id, _each(lambda x: Item(
        kind, "bulletin", x.bulletin_id, x.unit_id, None, x.at, x.at.isoformat(), {"en": x.title, "zh": x.title},
        f"/bulletins/{x.bulletin_id}", part=str(x.id), judge=(Role.HQ_OFFICE, None))))


def _orders(kind: Deadline, within: Within, last: Any) -> Source:
    """Supervision orders that wait for a reply; at headquarters the line that issued one is told, or the office."""
    o = Order
    rows = (select(o.id, o.unit_id, o.line, o.term, o.round, o.code)
            .where(o.state == OrderState.OPEN.value, o.term <= last, *within.of(o.unit_id, o.id)))
    return Source(rows, o.id, _each(lambda x: Item(
        kind, "supervision", x.id, x.unit_id, Line(x.line) if x.line else None, x.term, f"{x.round} {x.term.isoformat()}",
        {"en": x.code, "zh": x.code}, f"/supervision/{x.id}", judge=None if x.line else (Role.HQ_OFFICE, None))))


_SOURCES: Mapping[str, tuple[Deadline, Callable[[Deadline, Within, Any], Source]]] = {     # in this order; a place names one
    "filings": (Deadline.FILING, _filings), "plans": (Deadline.FILING, _plans), "reviews": (Deadline.REVIEW, _reviews),
    "assignments": (Deadline.ASSIGNMENT, _assignments), "verifications": (Deadline.VERIFICATION, _verifications),
    "extensions": (Deadline.EXTENSION, _extensions), "respond": (Deadline.RESPOND, _issues),
    "resolve": (Deadline.RESOLVE, _issues), "receipts": (Deadline.RECEIPT, _receipts), "orders": (Deadline.ORDER, _orders),
    "acknowledgements": (Deadline.ACKNOWLEDGEMENT, _acknowledgements)}
