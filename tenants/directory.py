"""Who is who. The unscoped readers: definer functions outside of any transaction, before there is a scope; and, within a
scope, who works where."""
from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Date, bindparam, exists, func, literal, or_, select, text
from sqlalchemy.orm import Mapped, contains_eager

from tenants import clock, models
from tenants.access import HEADQUARTERS, Appointment, Identity
from tenants.db import db
from tenants.models import Person, Unit
from tenants.vocabulary import Line, Role

_IDENTITY = text("SELECT * FROM app.identity(:person, :day)")


def _unscoped() -> Connection:
    """Each statement stands by itself: no word to the database to begin, none to end. Every request asks so."""
    return db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def identity_of(person: UUID) -> Identity | None:
    """The person with every function in force today; None for one who is unknown or has left."""
    with _unscoped() as connection:
        return _identity(connection, person)


def identity_of_session(uniquifier: str) -> Identity | None:
    """Of the person whose session it is, while the account is active."""
    with _unscoped() as connection:
        return _identity(connection, connection.execute(text("SELECT app.session_person(:u)"), {"u": uniquifier}).scalar())


def identity_of_token(digest: bytes) -> Identity | None:
    """Of the person whose access token has this SHA-256, while it is valid."""
    with _unscoped() as connection:
        return _identity(connection, connection.execute(
            text("SELECT app.token_person(:d, :at)"), {"d": digest, "at": clock.now()}).scalar())


def _identity(connection: Connection, person: UUID | None) -> Identity | None:
    if person is None:
        return None
    rows = connection.execute(_IDENTITY, {"person": person, "day": clock.today()}).all()
    if not rows:
        return None
    held = tuple(Appointment(r.appointment_id, Role(r.role), r.unit_id, r.unit_code, r.holder,
                             Line(r.line) if r.line else None, r.on_behalf_of) for r in rows if r.appointment_id)
    return Identity(person, rows[0].email, rows[0].name, held, rows[0].language)


def in_force(day: date) -> ColumnElement[bool]:
    """Appointments valid on a day, of people who have not left; needs the join to Person."""
    a = models.Appointment
    return ((a.valid_from <= day) & or_(a.valid_until.is_(None), a.valid_until >= day)
            & or_(Person.left_on.is_(None), Person.left_on > day))


def appointments(unit: int, day: date | None = None) -> Sequence[models.Appointment]:
    """Everybody's functions in a unit on a day (today), each with its person."""
    a = models.Appointment
    return db.session.scalars(
        select(a).join(a.person).where(a.unit_id == unit, in_force(day or clock.today()))
        .options(contains_eager(a.person)).order_by(a.role, a.line, a.deputy, Person.name, a.id)).all()


def people(unit: int, day: date | None = None) -> Sequence[Person]:
    """The persons with any function in a unit, by name."""
    a = models.Appointment
    working = select(a.person_id).join(a.person).where(a.unit_id == unit, in_force(day or clock.today()))
    return db.session.scalars(select(Person).where(Person.id.in_(working)).order_by(Person.name, Person.email)).all()


def works_in(person: Mapped[UUID | None], unit: Mapped[int]) -> ColumnElement[bool]:
    """Of two columns of a statement: that this person has a function in that unit today."""
    a = models.Appointment
    return exists().where(a.person_id == person, a.unit_id == unit, Person.id == a.person_id,
                          in_force(clock.today())).correlate_except(a, Person)


def holders(unit: int, roles: Collection[Role], line: Line | None = None) -> Sequence[Person]:
    """Who holds one of the roles in a unit today; with `line`, only functions of that line or of none."""
    a = models.Appointment
    found = select(a.person_id).join(a.person).where(
        a.unit_id == unit, a.role.in_([r.value for r in roles]), in_force(clock.today()))
    if line is not None:
        found = found.where(or_(a.line.is_(None), a.line == line.value))
    return db.session.scalars(select(Person).where(Person.id.in_(found)).order_by(Person.name, Person.email)).all()


def unit_by_code(code: str) -> Unit | None:
    return db.session.scalars(select(Unit).where(Unit.code == code)).one_or_none()


def units() -> Sequence[Unit]:
    """All units in the plan's order."""
    return db.session.scalars(select(Unit).order_by(Unit.position, Unit.id)).all()


def open_on(day: date | None = None) -> ColumnElement[bool]:
    """Of units in a statement: that they go on, today or on a day. `closed_on` is the first day without them."""
    return or_(Unit.closed_on.is_(None), Unit.closed_on > (day or clock.today()))


def goes_on(unit: Unit, day: date | None = None) -> bool:
    """The same of one that is there already."""
    return unit.closed_on is None or unit.closed_on > (day or clock.today())


def going_on(day: date | None = None) -> Sequence[Unit]:
    """Those that go on, today or on a day, in the plan's order: whom one may still name."""
    return db.session.scalars(select(Unit).where(open_on(day)).order_by(Unit.position, Unit.id)).all()


def standing(day: date | None = None) -> Sequence[Unit]:
    """Whom "all units" means: those that go on, without headquarters and parts of units."""
    return [u for u in going_on(day) if u.id != HEADQUARTERS and u.parent_id is None]


def desk_of(unit: ColumnElement[int] | Mapped[int], line: ColumnElement[str] | Mapped[str]) -> ColumnElement[str]:
    """The function that serves the desk of a unit and line today, as "role" or "role line": the line's owner, else the
    unit's contact, else its head; at headquarters the line's lead, else the office. Empty where nobody is there."""
    return func.app.desk(unit, line, bindparam("today", callable_=clock.today, type_=Date))


def parse_desk(served: str | None) -> tuple[Role, Line | None] | None:
    """What `desk_of` gives, for `tenants.access.Subject`."""
    role, _, line = (served or "").partition(" ")
    return (Role(role), Line(line) if line else None) if role else None


def desk(unit: int, line: Line) -> tuple[Role, Line | None] | None:
    """The function that serves one desk today; None where nobody is there."""
    return parse_desk(db.session.scalar(select(desk_of(literal(unit), literal(line.value)))))


def people_of_desk(unit: int, line: Line) -> Sequence[Person]:
    """Who answers at a desk today, by name."""
    served = desk(unit, line)
    return holders(unit, [served[0]], served[1]) if served else ()
