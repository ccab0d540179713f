"""Reading programmes, and the plan from which one is drafted."""
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import selectinload

from portal.assignments.models import Assignment
from portal.assignments.queries import readable
from portal.assignments.rules import COUNTED_STATES
from portal.programmes.models import Programme
from portal.programmes.rules import DRAFT, ISSUED, ProgrammePlan, UnitFacts, current_year
from tenants import clock, directory
from tenants.access import Identity, permits
from tenants.db import db
from tenants.errors import NotVisible
from tenants.models import Focus, Unit
from tenants.permissions import Permission
from tenants.vocabulary import Category, Process, UnitKind


def plan() -> ProgrammePlan:
    """The group's plan, which a higher floor brings under the entry point `portal.plan`. Raises LookupError."""
    for found in entry_points(group="portal.plan"):
        made: ProgrammePlan = found.load()()
        return made
    raise LookupError("no plan is installed: the package's entry point portal.plan is missing")


def listed(identity: Identity) -> Sequence[Programme]:
    """Newest year first; drafts only for those who edit them."""
    found = select(Programme).options(selectinload(Programme.milestones)).order_by(Programme.year.desc())
    if not permits(identity, Permission.PROGRAMME_EDIT):
        found = found.where(Programme.state != DRAFT)
    return db.session.scalars(found).all()


def one(identity: Identity, key: UUID) -> Programme:
    """With milestones and templates. Raises NotVisible."""
    if not permits(identity, Permission.PROGRAMME_READ):
        raise NotVisible
    found = db.session.scalars(
        select(Programme).where(Programme.id == key)
        .options(selectinload(Programme.milestones), selectinload(Programme.templates))).one_or_none()
    if found is None or (found.state == DRAFT and not permits(identity, Permission.PROGRAMME_EDIT)):
        raise NotVisible
    return found


def whole(key: UUID) -> Programme:
    """The programme of a thing that the caller has already found visible."""
    return db.session.scalars(
        select(Programme).where(Programme.id == key)
        .options(selectinload(Programme.milestones), selectinload(Programme.templates))).one()


def lock(programme: Programme) -> None:
    """Hold the row until the commit and read it anew: of two at once the second sees what the first did."""
    db.session.refresh(programme, list(Programme.__mapper__.column_attrs.keys()), with_for_update=True)


def chosen(identity: Identity, year: int | None = None) -> tuple[Programme | None, Sequence[Programme]]:
    """The programme of that year, else the current one, with its milestones; and all that are no drafts, newest first."""
    every = [p for p in listed(identity) if p.state != DRAFT]
    years = {p.year: p for p in every}
    now = current_year(years, clock.today().year)
    return years.get(year or 0) or (years[now] if now else None), every


def current(identity: Identity) -> Programme | None:
    """What the board and the lists start from."""
    return chosen(identity)[0]


def running(programme: Any) -> ColumnElement[bool]:
    """Of a column that names a programme: that it is issued and has not ended. Desks and reminders look at no other."""
    return cast(ColumnElement[bool], programme.in_(select(Programme.id).where(Programme.state == ISSUED)))


def mine(identity: Identity, programme: UUID) -> dict[str, Assignment]:
    """Code → the assignment that this person reads, where units each see their own. For the page of what is asked."""
    found = db.session.scalars(select(Assignment).where(Assignment.programme_id == programme, readable(identity)))
    return {a.code: a for a in found}


def made(programme: UUID) -> dict[str, int]:
    """Code → how many assignments count, as far as this scope sees."""
    a = Assignment
    rows = db.session.execute(select(a.code, func.count().label("n")).group_by(a.code)
                              .where(a.programme_id == programme, a.state.in_(COUNTED_STATES)))
    return {row.code: row.n for row in rows}


def exists(year: int) -> bool:
    """Whether the year has a programme, seen or not."""
    return db.session.scalar(select(Programme.id).where(Programme.year == year)) is not None


def first_year() -> int | None:
    """The year of the first programme: the plan's three years count from it."""
    return db.session.scalar(select(func.min(Programme.year)))


def audience() -> Sequence[tuple[Unit, UnitFacts]]:
    """Every unit that assignments may go to, in the plan's order; parts of units are reached only by their code."""
    focus = {f.category: frozenset({Process(f.process)}) for f in db.session.scalars(select(Focus))}
    return [(u, UnitFacts(u.code, UnitKind(u.kind), Category(u.category) if u.category else None,
                          focus.get(u.category or "", frozenset()))) for u in directory.going_on()]
