"""What administration lists: units, people, functions and names, those that are gone as well. Reference data, so
everybody's; that only administrators come here is the views' business."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from portal import legends
from portal.assignments.queries import THRESHOLDS
from tenants import clock, directory
from tenants.access import HEADQUARTERS
from tenants.db import db
from tenants.models import Appointment, Delegation, Focus, Person, Responsibility, Setting, Term, Unit
from tenants.vocabulary import Role

Chosen = Mapping[str, str]
Listed = Select[Any] | Select[Any, Any, Any, Any]
Order = Sequence[ColumnElement[Any] | Any]
LARGEST_KEY = 2**31 - 1                                # of a unit: an int of PostgreSQL


@dataclass(frozen=True, slots=True)
class Handed:
    """A delegation with what it is of, who holds that, and who acts."""
    id: UUID
    delegation: Delegation
    appointment: Appointment
    holder: Person
    delegate: Person


def page(found: Listed, order: Order, number: int, size: int) -> tuple[int, list[Any]]:
    """How many rows there are, and those of one page; pages count from 0."""
    total = _count(found)
    rows = db.session.execute(found.order_by(*order).limit(size).offset(number * size)).unique()
    return total, [row[0] if len(row) == 1 else row for row in rows]


def units(words: str, chosen: Chosen) -> Select[Any]:
    found = select(Unit).options(joinedload(Unit.parent))
    if words:
        found = found.where(_says(words, Unit.code, Unit.name, Unit.name_zh, Unit.short_zh))
    for column, name in ((Unit.kind, "kind"), (Unit.category, "category")):
        if chosen.get(name):
            found = found.where(column == chosen[name])
    open_ = directory.open_on()
    if chosen.get("state"):
        found = found.where(open_ if chosen["state"] == "open" else ~open_)
    if chosen.get("contact") == "none":
        contacts = select(Appointment.unit_id).join(Appointment.person).where(
            Appointment.role.in_((Role.UNIT_CONTACT.value, Role.HQ_OFFICE.value)), directory.in_force(clock.today()))
        found = found.where(open_, Unit.parent_id.is_(None), Unit.id.not_in(contacts))
    return found


def unit(key: int) -> Unit | None:
    return db.session.scalars(select(Unit).options(joinedload(Unit.parent)).where(Unit.id == key)
                              .execution_options(populate_existing=True)).one_or_none()


def people(words: str, chosen: Chosen) -> Select[Any]:
    """With their functions, whenever in force."""
    found = select(Person).options(selectinload(Person.appointments).joinedload(Appointment.unit))
    if words:
        found = found.where(_says(words, Person.name, Person.email, Person.phone))
    here = or_(Person.left_on.is_(None), Person.left_on > clock.today())
    if chosen.get("state"):
        found = found.where(here if chosen["state"] == "here" else ~here)
    if chosen.get("unit"):
        found = found.where(Person.id.in_(select(Appointment.person_id).join(Appointment.unit).where(
            Unit.code == chosen["unit"], _now())))
    if chosen.get("functions") == "none":
        found = found.where(~Person.id.in_(select(Appointment.person_id).where(_now())))
    return found


def person(key: UUID) -> Person | None:
    found = select(Person).options(selectinload(Person.appointments).joinedload(Appointment.unit)).where(Person.id == key)
    return db.session.scalars(found.execution_options(populate_existing=True)).one_or_none()


def appointments(words: str, chosen: Chosen) -> Select[Any]:
    """With person and unit."""
    a, today = Appointment, clock.today()
    found = select(a).join(a.person).join(a.unit).options(contains_eager(a.person), contains_eager(a.unit))
    if words:
        found = found.where(_says(words, Person.name, Person.email))
    for column, name in ((Unit.code, "unit"), (a.role, "role"), (a.line, "line")):
        if chosen.get(name):
            found = found.where(column == chosen[name])
    when = {"now": _now(), "later": a.valid_from > today, "ended": a.valid_until < today}.get(chosen.get("when", ""))
    return found if when is None else found.where(when)


def appointment(key: UUID) -> Appointment | None:
    found = appointments("", {}).where(Appointment.id == key)
    return db.session.scalars(found.execution_options(populate_existing=True)).one_or_none()


def delegations(words: str, chosen: Chosen) -> Select[Any, Any, Any, Any]:
    """Rows of delegation, appointment, holder, delegate; see `handed`."""
    d, a, today, delegate = Delegation, Appointment, clock.today(), aliased(Person)
    found = (select(d, a, Person, delegate).join(a, a.id == d.appointment_id).join(a.person).join(a.unit)
             .join(delegate, delegate.id == d.person_id).options(contains_eager(a.unit)))
    if words:
        found = found.where(_says(words, Person.name, Person.email, delegate.name, delegate.email))
    when = {"now": (d.valid_from <= today) & (d.valid_until >= today), "later": d.valid_from > today,
            "ended": d.valid_until < today}.get(chosen.get("when", ""))
    return found if when is None else found.where(when)


def handed(row: Sequence[Any]) -> Handed:
    delegation, appointment, holder, delegate = row
    return Handed(delegation.id, delegation, appointment, holder, delegate)


def terms(words: str, chosen: Chosen) -> Select[Any]:
    found = select(Term)
    if words:
        found = found.where(_says(words, Term.code, Term.name, Term.name_zh))
    return found.where(Term.vocabulary == chosen["vocabulary"]) if chosen.get("vocabulary") else found


def duties() -> Select[Any]:
    return select(Responsibility)


def focuses() -> Select[Any]:
    return select(Focus)


def vocabularies() -> Sequence[str]:
    return db.session.scalars(select(Term.vocabulary).distinct().order_by(Term.vocabulary)).all()


def thresholds() -> Setting | None:
    """The row that `portal.assignments` reads."""
    return db.session.scalars(select(Setting).where(Setting.name == THRESHOLDS)
                              .execution_options(populate_existing=True)).one_or_none()


def legend_row(unit: int) -> Setting | None:
    """The row that holds a unit's own legend of the lights, as it is now."""
    return db.session.scalars(select(Setting).where(Setting.name == legends.setting_of(unit))
                              .execution_options(populate_existing=True)).one_or_none()


def with_legends(words: str, chosen: Chosen) -> Select[Any]:
    """The units that may have a legend of their own: all that exist, headquarters excepted."""
    found = units(words, {**chosen, "state": "open"}).where(Unit.id != HEADQUARTERS)
    if chosen.get("legend"):
        kept = exists().where(Setting.name == func.concat(legends.PREFIX, Unit.id), Setting.value != {})
        found = found.where(kept if chosen["legend"] == "own" else ~kept)
    return found


def one(model: type[Responsibility] | type[Focus] | type[Term], key: UUID) -> Any:
    return db.session.get(model, key, populate_existing=True)


def open_units() -> Sequence[Unit]:
    """Those that exist today, in the plan's order."""
    return db.session.scalars(units("", {"state": "open"}).order_by(Unit.position, Unit.id)).all()


def present_people() -> Sequence[Person]:
    """Those who have not left, by name."""
    here = or_(Person.left_on.is_(None), Person.left_on > clock.today())
    return db.session.scalars(select(Person).where(here).order_by(Person.name, Person.email)).all()


def parts(key: int) -> Sequence[Unit]:
    """Of a unit, the closed ones as well."""
    return db.session.scalars(select(Unit).where(Unit.parent_id == key).order_by(Unit.position, Unit.id)).all()


def counts() -> Mapping[str, int]:
    """What there is to administer, and what is missing: units without a contact, people without a function."""
    lists: Mapping[str, Listed] = {
        "units": units("", {"state": "open"}), "people": people("", {"state": "here"}),
        "appointments": appointments("", {"when": "now"}), "delegations": delegations("", {"when": "now"}),
        "duties": duties(), "focus": focuses(), "terms": terms("", {}),
        "without_contact": units("", {"contact": "none"}),
        "without_function": people("", {"state": "here", "functions": "none"})}
    return {name: _count(found) for name, found in lists.items()}


def _count(found: Listed) -> int:
    return db.session.scalar(select(func.count()).select_from(found.subquery())) or 0


def in_order(column: Any, codes: Sequence[str]) -> ColumnElement[int]:
    """Sorts by the place of a code in its list, not by its letters."""
    return case({code: place for place, code in enumerate(codes)}, value=column, else_=len(codes))


def _now() -> ColumnElement[bool]:
    today: date = clock.today()
    return (Appointment.valid_from <= today) & (func.coalesce(Appointment.valid_until, today) >= today)


def _says(words: str, *columns: Any) -> ColumnElement[bool]:
    return or_(*(c.icontains(words, autoescape=True) for c in columns))
