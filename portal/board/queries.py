"""Reading the board: one narrow statement for every assignment that counts; lights follow the day and are never stored."""
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import joinedload

from portal.assignments import queries as assignments
from portal.assignments.models import Assignment
from portal.assignments.rules import CANCELLED, COUNTED_STATES, PLAN_FILING, Light, LightFacts, light
from portal.board.rules import PLAN, Counted, Group, Place, grouped, lately
from portal.filings.models import Filing
from portal.filings.rules import APPROVED
from portal.programmes.models import Programme
from portal.reach import within
from tenants import clock, directory
from tenants.access import Identity, permits, reaches
from tenants.db import db
from tenants.models import Unit
from tenants.permissions import Permission


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the board, or the list behind one of its figures, is narrowed to; an empty word leaves a side open. `lately`
    takes what came about in the last seven days (`rules.LATELY`), `cancelled` what is left out instead of what counts."""
    line: str = ""
    kind: str = ""
    category: str = ""
    unit: str = ""
    milestone: str = ""
    light: str = ""
    lately: str = ""
    code: str = ""
    cancelled: str = ""

    def takes(self, unit: Unit) -> bool:
        return all(not wanted or wanted == found for wanted, found in (
            (self.kind, unit.kind), (self.category, unit.category), (self.unit, unit.code)))


EVERYTHING = Wanted()


def seen(identity: Identity) -> ColumnElement[bool]:
    """The assignments whose standing this person sees on the board; reading one is another permission."""
    a = Assignment
    return within(reaches(identity, Permission.BOARD_READ), unit=a.unit_id, line=a.line, owner=a.owner_id)


def _narrowed(identity: Identity, programme: UUID, wanted: Wanted, units: Collection[Unit]) -> list[ColumnElement[bool]]:
    a = Assignment
    where = [a.programme_id == programme, seen(identity),
             a.state == CANCELLED if wanted.cancelled else a.state.in_(COUNTED_STATES)]
    where += [column == value for column, value in ((a.line, wanted.line), (a.milestone, wanted.milestone), (a.code, wanted.code))
              if value]
    if wanted.kind or wanted.category or wanted.unit:
        where.append(a.unit_id.in_([u.id for u in units if wanted.takes(u)]))
    return where


def left_out(identity: Identity, programme: UUID, wanted: Wanted, units: Collection[Unit]) -> int:
    """How many assignments of these units and lines were cancelled, and so count nowhere."""
    where = _narrowed(identity, programme, replace(wanted, cancelled="1"), units)
    return db.session.scalar(select(func.count()).select_from(Assignment).where(*where)) or 0


def counted(identity: Identity, programme: UUID, wanted: Wanted, units: Collection[Unit]) -> list[Counted]:
    """Every assignment that counts, by due day; `units` are all units, for the filters on them."""
    a = Assignment
    where = _narrowed(identity, programme, wanted, units)
    rows = db.session.execute(
        select(a.id, a.unit_id, a.milestone, a.line, a.code, a.due, a.state, a.percent, a.start, a.reported_on,
               a.handed_in_on, a.original_due, a.closed_on).where(*where).order_by(a.due, a.id))
    limits, days, today = assignments.thresholds(), assignments.calendar(), clock.today()
    found, known = [], dict[LightFacts, Light]()                 # what nobody has touched yet is alike
    for key, unit, milestone, line, code, due, state, percent, start, reported, handed_in, original, closed in rows:
        facts = LightFacts(state, percent, start, due, reported, handed_in, original)
        if (shown := known.get(facts)) is None:
            shown = known[facts] = light(facts, today, limits, days)
        if not wanted.light or wanted.light == shown.code:
            found.append(Counted(key, unit, milestone, line, code, due, shown.code, shown.late_days, handed_in, closed))
    return [row for row in found if lately(row, today) == wanted.lately] if wanted.lately else found


def places(identity: Identity, wanted: Wanted, units: Sequence[Unit], rows: Sequence[Counted]) -> list[Place]:
    """The units that stand on this person's board, in the plan's order: those that exist, also where nothing is asked of
    them; parts of units and closed ones only where something is."""
    reached = {r.unit for r in reaches(identity, Permission.BOARD_READ)}
    busy = {row.unit for row in rows}

    def stands(u: Unit) -> bool:
        return u.id in busy or (u.parent_id is None and directory.goes_on(u))
    return [Place(u.id, u.code, u.kind, u.category) for u in units
            if wanted.takes(u) and (None in reached or u.id in reached) and stands(u)]


@dataclass(frozen=True, slots=True)
class Standing:
    """The whole board: the assignments that count, the units that stand on it, and those in their groups; `units` are all."""
    units: Collection[Unit]
    rows: Sequence[Counted]
    places: Sequence[Place]
    groups: Sequence[Group]


def standing(identity: Identity, programme: Programme, wanted: Wanted, sort: str = PLAN) -> Standing:
    """Who stands where at this moment, as far as this person sees."""
    every = units()
    rows = counted(identity, programme.id, wanted, every)
    found = places(identity, wanted, every, rows)
    return Standing(every, rows, found, grouped(rows, found, [m.code for m in programme.milestones], sort))


@dataclass(frozen=True, slots=True)
class Plans:
    """How many units owe an implementation plan, have one in force, and got it approved in the last seven days."""
    owed: int
    in_force: int
    lately: int


def plans(identity: Identity, programme: UUID, wanted: Wanted, since: datetime) -> Plans:
    """Of the units that `wanted` takes and whose filings this person reads."""
    a, f = Assignment, Filing
    units = [c == v for c, v in ((Unit.kind, wanted.kind), (Unit.category, wanted.category), (Unit.code, wanted.unit)) if v]
    approved: Sequence[datetime | None] = db.session.scalars(
        select(f.approved_at).select_from(a).join(Unit, Unit.id == a.unit_id)
        .outerjoin(f, and_(f.unit_id == a.unit_id, f.programme_id == a.programme_id, f.state == APPROVED))
        .where(a.programme_id == programme, a.template_kind == PLAN_FILING, a.state.in_(COUNTED_STATES), *units,
               within(reaches(identity, Permission.FILING_READ), unit=a.unit_id))).all()
    days = [day for day in approved if day is not None]
    return Plans(len(approved), len(days), sum(1 for day in days if day > since))


def units() -> Sequence[Unit]:
    """All units in the plan's order, closed ones too."""
    return directory.units()


def shown(identity: Identity, rows: Sequence[Counted]) -> list[tuple[Counted, Assignment, bool]]:
    """The rows with their assignments, and whether this person may open each."""
    found: Mapping[UUID, Assignment] = {x.id: x for x in db.session.scalars(
        select(Assignment).where(Assignment.id.in_([r.key for r in rows]), seen(identity)).options(joinedload(Assignment.unit)))}
    return [(row, found[row.key], bool(permits(identity, Permission.ASSIGNMENT_READ, found[row.key].subject)))
            for row in rows if row.key in found]


def after(rows: Sequence[Counted], cursor: str) -> Sequence[Counted]:
    """The rows that follow the one a page ended with; all of them for a cursor that says nothing."""
    try:
        day, key = cursor.split("_")
        last = (date.fromisoformat(day), UUID(key))
    except ValueError:
        return rows
    return [r for r in rows if (r.due, r.key) > last]


def cursor(row: Counted) -> str:
    return f"{row.due.isoformat()}_{row.key}"
