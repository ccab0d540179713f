"""Reading the rules of the exchange, who is there to serve desks, and the issues that a change could concern."""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from portal.audit.models import AuditEntry
from portal.exchange import rules
from portal.exchange.rules import CALENDAR, DESKS, HOURS, LIMITS, Desk, Function, Live, World
from portal.issues import queries as issues
from portal.issues.models import Issue, IssueLimit
from portal.issues.queries.limits import OPEN, limit_of
from portal.issues.rules.clocks import limits_from
from portal.worktime import OFFICE_HOURS, hours_from
from tenants import clock
from tenants.access import Identity
from tenants.db import db
from tenants.directory import in_force, open_on
from tenants.models import Appointment, DeskException, Person, Setting, Term, Unit
from tenants.vocabulary import Line, Role, Severity, Stage

SETTINGS = {HOURS: issues.WORKING_HOURS, CALENDAR: issues.CALENDAR}
KINDS = ("issue_limit", "desk_exception")
STEPS = 50                                             # of the history
_SERVING = (Role.LINE_OWNER, Role.HQ_LINE_LEAD, Role.UNIT_CONTACT, Role.HQ_OFFICE, Role.UNIT_HEAD)
_OF_A_LINE = (Role.LINE_OWNER, Role.HQ_LINE_LEAD)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force, with their rows. A part's version changes with every change of one of its rows."""
    world: World
    limits: Sequence[IssueLimit]
    settings: Mapping[str, Setting]
    desks: Sequence[DeskException]
    people: Mapping[tuple[int, Function], Sequence[str]]       # who holds a function, by name

    def version(self, part: str) -> str:
        if part == LIMITS:
            return ".".join(f"{row.id.hex[-6:]}-{row.version}" for row in sorted(self.limits, key=lambda r: r.id)) or "0"
        if part == DESKS:
            return ".".join(f"{row.id.hex[-6:]}-{row.version}" for row in sorted(self.desks, key=lambda r: r.id)) or "0"
        row = self.settings.get(SETTINGS[part])
        return str(row.version) if row else "0"


def in_force_now() -> Rules:
    """Read anew from the database, in four statements."""
    limits = _fresh(IssueLimit)
    settings = {row.name: row for row in _fresh(Setting, Setting.name.in_(tuple(SETTINGS.values())))}
    desks = _fresh(DeskException)
    hours, days = settings.get(SETTINGS[HOURS]), settings.get(SETTINGS[CALENDAR])
    zone = clock.local(clock.now()).tzinfo
    assert zone is not None                            # the portal's wall clock has one
    people = _people()
    staff: dict[int, set[Function]] = {}
    for unit, function in people:
        staff.setdefault(unit, set()).add(function)
    world = World(
        limits_from(map(limit_of, limits)), hours_from(hours.value["spans"]) if hours else OFFICE_HOURS,
        {date.fromisoformat(day): bool(works) for day, works in (days.value if days else {}).items()},
        {(row.unit_id, Line(row.line)): Line(row.served_by) for row in desks},
        {unit: frozenset(functions) for unit, functions in staff.items()}, zone)
    return Rules(world, limits, settings, desks, people)


def _fresh(model: type[Any], *where: ColumnElement[bool]) -> Sequence[Any]:
    return db.session.scalars(select(model).where(*where).order_by(model.id).execution_options(populate_existing=True)).all()


def _people() -> Mapping[tuple[int, Function], list[str]]:
    """Everybody whose function can serve a desk today."""
    a, today = Appointment, clock.today()
    rows = db.session.execute(
        select(a.unit_id, a.role, a.line, Person.name).join(a.person).join(Unit, Unit.id == a.unit_id)
        .where(a.role.in_([role.value for role in _SERVING]), in_force(today), open_on(today))
        .order_by(a.deputy, Person.name, Person.id))
    found: dict[tuple[int, Function], list[str]] = {}
    for unit, role, line, name in rows:
        function = Role(role), Line(line) if line and role in _OF_A_LINE else None
        names = found.setdefault((unit, function), [])
        if name not in names:
            names.append(name)
    return found


def live(identity: Identity, part: str, before: World, after: World) -> list[Live]:
    """The issues that the change could concern, in one narrow statement."""
    i = Issue
    where: list[ColumnElement[bool]] = [i.state.in_(OPEN), issues.readable(identity)]
    touched = rules.touches(part, before, after)
    if touched is not None:
        kinds, desks = touched
        if not kinds and not desks:
            return []
        where.append(_among((i.severity, i.stage), kinds) if kinds else _among((i.owner_unit, i.owner_line), desks))
    rows = db.session.execute(
        select(i.id, i.code, i.title, i.owner_unit, i.owner_line, i.severity, i.stage, i.raised_at, i.responded_at).where(*where))
    return [Live(key, code, title, unit, Line(line), Severity(severity), Stage(stage), raised, responded)
            for key, code, title, unit, line, severity, stage, raised, responded in rows]


def _among(columns: tuple[InstrumentedAttribute[Any], InstrumentedAttribute[Any]],
           pairs: Iterable[tuple[Severity, Stage] | Desk]) -> ColumnElement[bool]:
    plain = [tuple(getattr(value, "value", value) for value in pair) for pair in pairs]
    return tuple_(*columns).in_(plain)


def desks_on(unit: int, days: Sequence[date]) -> Mapping[Line, Sequence[str | None]]:
    """Which function serves each of a unit's desks on some days, as `app.desk` says it."""
    rows = db.session.execute(select(*(func.app.desk(unit, line.value, day) for line in Line for day in days))).one()
    return {line: rows[n * len(days):(n + 1) * len(days)] for n, line in enumerate(Line)}


def names(vocabulary: str) -> Mapping[str, Mapping[str, str]]:
    """What codes are called, in both languages."""
    return {t.code: {"en": t.name, "zh": t.name_zh} for t in db.session.scalars(select(Term).where(Term.vocabulary == vocabulary))}


def history(found: Rules) -> Sequence[AuditEntry]:
    """What happened to limits, hours, calendar and desks, newest first."""
    e, keys = AuditEntry, [row.id for row in found.settings.values()]
    return db.session.scalars(
        select(e).where(or_(e.subject_kind.in_(KINDS), (e.subject_kind == "setting") & e.subject_id.in_(keys)))
        .order_by(e.at.desc(), e.id.desc()).limit(STEPS)).all()
