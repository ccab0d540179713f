"""Identities as the explanation needs them: read within the scope, since functions are reference data."""
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from tenants import access, clock
from tenants.access import HEADQUARTERS, Identity
from tenants.db import db
from tenants.directory import in_force, open_on
from tenants.models import Appointment, Delegation, Person, Unit
from tenants.vocabulary import Line, Role

Held = tuple[Person, access.Appointment]


def person_by_email(email: str) -> Person | None:
    """Somebody who has not left."""
    return db.session.scalars(select(Person).where(
        func.lower(Person.email) == email.lower(), or_(Person.left_on.is_(None), Person.left_on > clock.today()))).one_or_none()


def identity_of(person: Person) -> Identity:
    """The person with every function in force today, delegated ones included. Two statements."""
    held = [*_held(Appointment.person_id == person.id), *_delegated(person)]
    return Identity(person.id, person.email, person.name, tuple(a for _, a in held), person.language)


def colleagues(unit: int | None) -> Sequence[Identity]:
    """Everybody at headquarters and in a unit, each with the functions held there. One statement."""
    found: dict[UUID, tuple[Person, list[access.Appointment]]] = {}
    for person, appointment in _held(Appointment.unit_id.in_({HEADQUARTERS, unit or HEADQUARTERS})):
        found.setdefault(person.id, (person, []))[1].append(appointment)
    return [Identity(p.id, p.email, p.name, tuple(held), p.language) for p, held in found.values()]


def _held(where: ColumnElement[bool]) -> Iterable[Held]:
    today = clock.today()
    rows = db.session.execute(
        select(Appointment, Person, Unit.code).join(Appointment.person).join(Appointment.unit)
        .where(where, in_force(today), open_on(today))
        .order_by(Appointment.unit_id.desc(), Appointment.role, Appointment.deputy, Person.name, Appointment.id)).all()
    return [(p, _appointment(a, code, None)) for a, p, code in rows]


def _delegated(to: Person) -> Iterable[Held]:
    today = clock.today()
    rows = db.session.execute(
        select(Appointment, Unit.code).join(Appointment.person).join(Appointment.unit)
        .join(Delegation, Delegation.appointment_id == Appointment.id)
        .where(Delegation.person_id == to.id, Delegation.valid_from <= today, Delegation.valid_until >= today, in_force(today),
               open_on(today)).order_by(Appointment.id)).all()
    return [(to, _appointment(a, code, a.person_id)) for a, code in rows]


def _appointment(a: Appointment, code: str, on_behalf_of: UUID | None) -> access.Appointment:
    return access.Appointment(a.id, Role(a.role), a.unit_id, code, a.person_id, Line(a.line) if a.line else None, on_behalf_of)
