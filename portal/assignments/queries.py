"""Reading assignments. What a person may not read is not there: the same answer as for what does not exist."""
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased, joinedload, selectinload, with_expression
from sqlalchemy.orm.interfaces import ORMOption

from portal.assignments.models import Assignment, Extension, ProgressReport, Request, WaiverRequest
from portal.assignments.rules import (
    COUNTED_STATES,
    GRANTED,
    OPEN,
    PLAN_FILING,
    STANDARD,
    SYSTEM,
    UNCLOSED_STATES,
    Light,
    LightFacts,
    Thresholds,
    light,
    presses,
)
from portal.reach import within
from portal.workdays import Calendar
from portal.worktime import CALENDAR, calendar_from
from tenants import directory
from tenants.access import Identity, reaches
from tenants.db import db
from tenants.errors import NotVisible
from tenants.models import Person, Setting, Unit
from tenants.permissions import Permission
from tenants.vocabulary import Role

THRESHOLDS = "light_thresholds"
_KEPT = "assignments.measures"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; None leaves a side open. `owner` is a person; `counted` leaves cancelled ones out,
    `requested` keeps those for which “not applicable” is asked, `extending` those for which more time is, `chased` those not
    closed that were chased, `later` those open that do not press yet, `owner_left` those for which another is to be named."""
    programme: UUID | None = None
    year: int | None = None
    unit: str | None = None
    kind: str | None = None
    category: str | None = None
    line: str | None = None
    process: str | None = None
    milestone: str | None = None
    state: str | None = None
    light: str | None = None
    owner: UUID | None = None
    overdue: bool = False
    counted: bool = False
    requested: bool = False
    extending: bool = False
    chased: bool = False
    later: bool = False
    owner_left: bool = False
    q: str = ""


def readable(identity: Identity, permission: Permission = Permission.ASSIGNMENT_READ) -> ColumnElement[bool]:
    """The assignments that the table of permissions lets this person reach."""
    return within(reaches(identity, permission), unit=Assignment.unit_id, line=Assignment.line, owner=Assignment.owner_id)


def thresholds() -> Thresholds:
    """When a light turns amber, as set by the administrator."""
    return _measures()[0]


def calendar() -> Calendar:
    """By which working days lights are counted: the announced ones, with the exceptions that the programme office has set."""
    return _measures()[1]


def _measures() -> tuple[Thresholds, Calendar]:
    """Both in one statement, once a session."""
    found: tuple[Thresholds, Calendar] | None = db.session.info.get(_KEPT)
    if found is None:
        rows = db.session.execute(select(Setting.name, Setting.value).where(Setting.name.in_((THRESHOLDS, CALENDAR))))
        kept: dict[str, Any] = {row.name: row.value for row in rows}
        found = (Thresholds(**kept[THRESHOLDS]) if THRESHOLDS in kept else STANDARD, calendar_from(kept.get(CALENDAR, {})))
        db.session.info[_KEPT] = found
    return found


def forget() -> None:
    """After one of them was changed: read them anew."""
    db.session.info.pop(_KEPT, None)


def _narrowed(wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    a = Assignment
    found: list[ColumnElement[bool]] = []
    for column, value in ((a.programme_id, wanted.programme), (a.year, wanted.year), (a.line, wanted.line),
                          (a.process, wanted.process), (a.milestone, wanted.milestone), (a.state, wanted.state),
                          (a.owner_id, wanted.owner)):
        if value is not None:
            found.append(column == value)
    units = [c == v for c, v in ((Unit.code, wanted.unit), (Unit.kind, wanted.kind), (Unit.category, wanted.category))
             if v is not None]
    if units:
        found.append(a.unit_id.in_(select(Unit.id).where(*units)))
    if wanted.q:
        found.append(or_(*(c.icontains(wanted.q, autoescape=True) for c in (a.title, a.title_zh, a.code))))
    switches = ((wanted.overdue, and_(a.due < today, a.state == OPEN)), (wanted.counted, a.state.in_(COUNTED_STATES)),
                (wanted.requested, _asked(WaiverRequest)), (wanted.extending, _asked(Extension)),
                (wanted.chased, and_(a.chase_count > 0, a.state.in_(UNCLOSED_STATES))), (wanted.owner_left, owner_to_name()))
    return [*found, *(condition for on, condition in switches if on)]


def _owner_gone() -> ColumnElement[bool]:
    """That whoever owns it works in the unit no more."""
    return Assignment.owner_id.is_not(None) & ~directory.works_in(Assignment.owner_id, Assignment.unit_id)


def owner_to_name() -> ColumnElement[bool]:
    """The same of what is in force and open: there another can be named."""
    a = Assignment
    in_force = or_(and_(a.start.is_not(None), a.template_kind != PLAN_FILING), a.template_kind == SYSTEM)
    return and_(a.state == OPEN, in_force, _owner_gone())


def with_owner_gone() -> ORMOption:
    """Whether the owner has left of what is not finished, in the statement that reads it."""
    return with_expression(Assignment.owner_gone, and_(Assignment.state.in_(UNCLOSED_STATES), _owner_gone()))


def conditions(identity: Identity, wanted: Wanted, today: date,
               permission: Permission = Permission.ASSIGNMENT_READ) -> list[ColumnElement[bool]]:
    """Everything a list asks for, readability first. Where it depends on lights, one narrow statement finds which rows
    show what is wanted: lights follow the day and are never stored."""
    found = [readable(identity, permission), *_narrowed(wanted, today)]
    if wanted.light is not None or wanted.later:
        limits, days = thresholds(), calendar()
        keys = [key for key, facts in _facts(found) if _fits(facts, light(facts, today, limits, days).code, wanted, today)]
        found.append(Assignment.id.in_(keys))
    return found


def _fits(facts: LightFacts, shown: str, wanted: Wanted, today: date) -> bool:
    later = facts.state == OPEN and not presses(shown, facts.due, today)
    return wanted.light in (None, shown) and (later or not wanted.later)


def _facts(where: list[ColumnElement[bool]]) -> list[tuple[UUID, LightFacts]]:
    a = Assignment
    rows = db.session.execute(select(a.id, a.state, a.percent, a.start, a.due, a.reported_on, a.handed_in_on, a.original_due)
                              .where(*where))
    return [(row[0], LightFacts(*row[1:])) for row in rows]


def listed(where: Sequence[ColumnElement[bool]]) -> Select[Assignment]:
    """By due date, to be paged; unit and owner come along."""
    return (select(Assignment).where(*where).order_by(Assignment.due, Assignment.id)
            .options(joinedload(Assignment.unit), joinedload(Assignment.owner)))


def chaseable(identity: Identity, where: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """Of what a list shows, that which this person may chase now."""
    return [*where, readable(identity, Permission.ASSIGNMENT_CHASE), Assignment.state.in_(UNCLOSED_STATES)]


def after(due: date, key: UUID) -> ColumnElement[bool]:
    """What follows a row in the order of `listed`: where the next page begins."""
    return tuple_(Assignment.due, Assignment.id) > tuple_(due, key)


def with_waivers() -> ORMOption:
    """The requests for “not applicable” of each row, with who asked and who decided: one more statement, however many."""
    return selectinload(Assignment.waivers).options(joinedload(WaiverRequest.asked_by), joinedload(WaiverRequest.decided_by))


def with_extensions() -> ORMOption:
    """The same for the requests for more time, with the units that block."""
    return selectinload(Assignment.extensions).options(
        *(joinedload(part) for part in (Extension.asked_by, Extension.decided_by, Extension.blocking_unit)))


def count(where: Sequence[ColumnElement[bool]]) -> int:
    return db.session.scalar(select(func.count()).select_from(Assignment).where(*where)) or 0


def one(identity: Identity, key: UUID) -> Assignment:
    """With all that its page says of it. Raises NotVisible."""
    _reach_any(identity)
    found = db.session.scalars(
        select(Assignment).where(Assignment.id == key, readable(identity)).options(*_whole())).one_or_none()
    if found is None:
        raise NotVisible
    return found


def _whole() -> tuple[ORMOption, ...]:
    return joinedload(Assignment.unit), joinedload(Assignment.owner), with_owner_gone(), with_waivers(), with_extensions()


def _reach_any(identity: Identity) -> None:
    """Who reads no assignment at all may be in a lane that the database does not let near the table."""
    if not reaches(identity, Permission.ASSIGNMENT_READ):
        raise NotVisible


def several(identity: Identity, keys: Sequence[UUID]) -> Sequence[Assignment]:
    """All of these, in the order of `listed`. Raises NotVisible where one of them is not this person's to read."""
    if not keys:
        return ()
    _reach_any(identity)
    found = db.session.scalars(listed([Assignment.id.in_(keys), readable(identity)])).all()
    if len(found) != len(set(keys)):
        raise NotVisible
    return found


def lock(assignment: Assignment) -> None:
    """Hold the row until the commit and read it anew: of two people who act at once the second sees the first's work.
    Only for whoever may change it, since the database asks for that right."""
    db.session.scalars(select(Assignment).where(Assignment.id == assignment.id).options(*_whole())
                       .with_for_update(of=Assignment).execution_options(populate_existing=True)).one()


def person_with_mail(mail: str) -> UUID | None:
    return db.session.scalar(select(Person.id).where(func.lower(Person.email) == mail.lower()))


def reports(assignment: Assignment) -> Sequence[ProgressReport]:
    """Oldest first, with who reported."""
    return db.session.scalars(
        select(ProgressReport).where(ProgressReport.assignment_id == assignment.id)
        .options(selectinload(ProgressReport.by)).order_by(ProgressReport.at, ProgressReport.id)).all()


def last_reports(keys: Sequence[UUID]) -> dict[UUID, ProgressReport]:
    """The newest report of each assignment with who made it, for a page that shows many."""
    r = ProgressReport
    rows = db.session.scalars(select(r).where(r.assignment_id.in_(keys)).options(selectinload(r.by))
                              .ext(distinct_on(r.assignment_id)).order_by(r.assignment_id, r.at.desc(), r.id.desc()))
    return {row.assignment_id: row for row in rows}


def to_report(identity: Identity, *more: ColumnElement[bool]) -> Sequence[Assignment]:
    """Everything open that this person reports on, by due date; the filing reports itself. `more` narrows it."""
    a = Assignment
    return db.session.scalars(
        listed([readable(identity, Permission.ASSIGNMENT_REPORT), a.state == OPEN, a.template_kind != PLAN_FILING, *more])
        .options(with_owner_gone())).all()


def answered_for(identity: Identity, *more: ColumnElement[bool]) -> Sequence[Assignment]:
    """Of what is open, what this person answers for: the owner; where nobody is named the unit's contact, at headquarters the
    line's lead. By due date; the filing is a deadline of its own. `more` narrows it."""
    a = Assignment
    fallen = [and_(a.unit_id == held.unit, true() if held.role is Role.UNIT_CONTACT else a.line == held.line)
              for held in identity.appointments if held.role in (Role.UNIT_CONTACT, Role.HQ_LINE_LEAD)]
    mine = or_(a.owner_id.in_(identity.selves), and_(a.owner_id.is_(None), or_(false(), *fallen)))
    return db.session.scalars(listed([readable(identity, Permission.ASSIGNMENT_REPORT), mine, a.state == OPEN,
                                      a.template_kind != PLAN_FILING, *more])).all()


def to_verify(identity: Identity) -> Select[Assignment]:
    """What was handed in and waits for this person's verdict, what waits longest first."""
    a = Assignment
    return (listed(waiting_for_verdict(identity)).order_by(None).order_by(a.handed_in_on, a.due, a.id))


def waiting_for_verdict(identity: Identity) -> list[ColumnElement[bool]]:
    """Nobody judges what is his own, nor does his delegate."""
    a = Assignment
    return [readable(identity, Permission.ASSIGNMENT_VERIFY), a.state == "handed_in", a.template_kind != PLAN_FILING,
            or_(a.owner_id.is_(None), a.owner_id.not_in(identity.selves))]


def _asked(kind: type[Request], *, besides: Collection[UUID] = ()) -> ColumnElement[bool]:
    """That a request of this kind waits for its answer, and was made by none of these people."""
    w: Any = aliased(kind)
    return exists().where(w.assignment_id == Assignment.id, w.verdict.is_(None), w.withdrawn_at.is_(None),
                          w.asked_by_id.not_in(besides), func.coalesce(w.on_behalf_of_id, w.asked_by_id).not_in(besides))


def requests_to_decide(identity: Identity) -> list[ColumnElement[bool]]:
    """Requests for “not applicable” that wait for this person: of what is neither one's own nor asked by oneself."""
    a = Assignment
    return [readable(identity, Permission.ASSIGNMENT_VERIFY), _asked(WaiverRequest, besides=identity.selves), a.state == OPEN,
            or_(a.owner_id.is_(None), a.owner_id.not_in(identity.selves))]


def extensions_to_decide(identity: Identity) -> list[ColumnElement[bool]]:
    """Requests for more time that wait for this person, by how far away the new day would be (`rules.granting`)."""
    a, e = Assignment, Extension
    within_milestone, within_year = e.due <= a.milestone_due, func.date_part("year", e.due) <= a.year
    mine = or_(and_(within_milestone, readable(identity, Permission.EXTENSION_GRANT)),
               and_(~within_milestone, within_year, readable(identity, Permission.EXTENSION_GRANT_BEYOND)),
               and_(~within_milestone, ~within_year, readable(identity, Permission.EXTENSION_GRANT_NEXT_YEAR)))
    asked = exists().where(e.assignment_id == a.id, e.verdict.is_(None), e.withdrawn_at.is_(None),
                           e.asked_by_id.not_in(identity.selves),
                           func.coalesce(e.on_behalf_of_id, e.asked_by_id).not_in(identity.selves), mine).correlate(a)
    return [readable(identity), asked, a.state.in_(UNCLOSED_STATES), or_(a.owner_id.is_(None), a.owner_id.not_in(identity.selves))]


def waivable(identity: Identity, keys: Sequence[UUID]) -> frozenset[UUID]:
    """Those of these for which this person may ask for “not applicable” now."""
    a = Assignment
    return frozenset(db.session.scalars(select(a.id).where(
        a.id.in_(keys), readable(identity, Permission.ASSIGNMENT_WAIVE), a.state == OPEN, ~_asked(WaiverRequest))))


def requests_asked(identity: Identity) -> list[ColumnElement[bool]]:
    """Requests for “not applicable” that this person may read and headquarters has yet to decide."""
    return [readable(identity), _asked(WaiverRequest)]


def asked_within_milestone() -> ColumnElement[bool]:
    """That the day asked for lies within the milestone."""
    e = aliased(Extension)
    return exists().where(e.assignment_id == Assignment.id, e.verdict.is_(None), e.withdrawn_at.is_(None),
                          e.due <= Assignment.milestone_due)


def extensions_asked(identity: Identity) -> list[ColumnElement[bool]]:
    """Requests for more time that this person may read and headquarters has yet to decide."""
    return [readable(identity), _asked(Extension), Assignment.state.in_(UNCLOSED_STATES)]


def requested(where: Sequence[ColumnElement[bool]]) -> Select[Assignment]:
    """Of what fits, with its request, what was asked for first coming first."""
    return _with_open(WaiverRequest, where).options(with_waivers())


def extending(where: Sequence[ColumnElement[bool]]) -> Select[Assignment]:
    """The same for more time."""
    return _with_open(Extension, where).options(with_extensions())


def _with_open(kind: type[Request], where: Sequence[ColumnElement[bool]]) -> Select[Assignment]:
    w: Any = aliased(kind)
    is_open = and_(w.assignment_id == Assignment.id, w.verdict.is_(None), w.withdrawn_at.is_(None))
    return listed(where).join(w, is_open).order_by(None).order_by(w.asked_at, Assignment.id)


def extended_to(assignment: UUID) -> date | None:
    """The day that was last granted to it."""
    e = Extension
    return db.session.scalar(select(e.due).where(e.assignment_id == assignment, e.verdict == GRANTED)
                             .order_by(e.decided_at.desc()).limit(1))


def of_unit(programme: UUID, unit: int) -> Sequence[Assignment]:
    """All of a unit's assignments of a programme, in the plan's order. No judgement of who asks."""
    return db.session.scalars(select(Assignment).where(Assignment.programme_id == programme, Assignment.unit_id == unit)
                              .order_by(Assignment.milestone_due, Assignment.line, Assignment.position, Assignment.id)).all()


def lights(assignments: Sequence[Assignment], today: date) -> dict[UUID, Light]:
    """The light of each, by today's date."""
    limits, days = thresholds(), calendar()
    return {a.id: light(a.facts, today, limits, days) for a in assignments}


def lines_and_processes(identity: Identity) -> frozenset[tuple[str, str | None]]:
    """(line, process) of everything that this person reads."""
    a = Assignment
    if not reaches(identity, Permission.ASSIGNMENT_READ):
        return frozenset()
    return frozenset((line, process) for line, process in
                     db.session.execute(select(a.line, a.process).where(readable(identity)).distinct()))


def years(identity: Identity) -> Sequence[int]:
    """The years in which this person reads assignments, newest first."""
    return db.session.scalars(select(Assignment.year).where(readable(identity)).distinct()
                              .order_by(Assignment.year.desc())).all()


