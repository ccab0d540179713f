"""Reading accounts (in the sign-in lane), and what the account page shows (in the person's own scope)."""
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import contains_eager, joinedload

from portal.accounts import rules
from portal.accounts.models import AccessToken, Account
from tenants import clock, directory
from tenants.access import Identity
from tenants.db import db
from tenants.models import Appointment, Delegation, Person, Unit
from tenants.vocabulary import Line, Role

_FIRST = (Role.HQ_OFFICE, Role.HQ_LEADER, Role.HQ_LINE_LEAD, Role.UNIT_CONTACT, Role.UNIT_HEAD, Role.LINE_OWNER)
_ACCOUNTS = select(Account).join(Account.person).options(contains_eager(Account.person))


def account_by_email(email: str) -> Account | None:
    """With its person: the address stands there alone, so that a change of it is a change of the sign-in."""
    return db.session.scalars(_ACCOUNTS.where(func.lower(Person.email) == rules.address(email))).one_or_none()


def account_of(person: UUID) -> Account | None:
    """With its person."""
    return db.session.scalars(_ACCOUNTS.where(Account.person_id == person)).one_or_none()


def account_by_session(uniquifier: str) -> Account | None:
    return db.session.scalars(select(Account).where(Account.fs_uniquifier == uniquifier)).one_or_none()


def tokens_of(person: UUID) -> Sequence[AccessToken]:
    """The person's tokens that still open something."""
    return db.session.scalars(
        select(AccessToken).where(AccessToken.person_id == person, AccessToken.revoked_at.is_(None),
                                  AccessToken.expires_at > clock.now()).order_by(AccessToken.made_at)).all()


def token_by_digest(digest: bytes) -> AccessToken | None:
    return db.session.scalars(select(AccessToken).where(AccessToken.digest == digest)).one_or_none()


def person_by_email(email: str) -> Person | None:
    return db.session.scalars(select(Person).where(Person.email == rules.address(email))).one_or_none()


def person(key: UUID) -> Person:
    return db.session.get_one(Person, key)


def sign_ins(domain: str) -> Sequence[tuple[Unit, list[tuple[str, Role]]]]:
    """Units in the plan's order, each with the addresses and roles of those who may sign in, for a page that offers
    them: the addresses under a domain (".example") that a demonstration has invented."""
    day = clock.today()
    rows = db.session.execute(
        select(Unit, Person.email, Appointment.role)
        .join(Appointment, Appointment.unit_id == Unit.id).join(Account, Account.person_id == Appointment.person_id)
        .join(Appointment.person)
        .where(Account.active, Person.email.endswith(domain, autoescape=True), directory.in_force(day))
        .order_by(Unit.position, Unit.id, Appointment.role, Person.email)).all()
    found: dict[int, tuple[Unit, list[tuple[str, Role]]]] = {}
    for unit, email, role in rows:
        listed = found.setdefault(unit.id, (unit, []))[1]
        if all(email != known for known, _ in listed):
            listed.append((email, Role(role)))
    for _, listed in found.values():
        listed.sort(key=lambda one: (_FIRST.index(one[1]) if one[1] in _FIRST else len(_FIRST), one[0]))
    return list(found.values())


def own_appointments(identity: Identity) -> Sequence[Appointment]:
    """The functions that the person holds, now or from a later day on; those carried for others are not among them."""
    return db.session.scalars(
        select(Appointment).join(Appointment.unit).options(contains_eager(Appointment.unit))
        .where(Appointment.person_id == identity.person,
               Appointment.valid_until.is_(None) | (Appointment.valid_until >= clock.today()))
        .order_by(Appointment.valid_from, Unit.position, Appointment.role, Appointment.line, Appointment.id)).all()


def delegations_of(appointments: Sequence[UUID]) -> Sequence[tuple[Delegation, Person]]:
    """Who acts in these functions, today or later, in order of time."""
    rows = db.session.execute(
        select(Delegation, Person).join(Person, Person.id == Delegation.person_id)
        .where(Delegation.appointment_id.in_(appointments), Delegation.valid_until >= clock.today())
        .order_by(Delegation.valid_from, Person.name, Delegation.id))
    return [(d, p) for d, p in rows]


def delegation(key: UUID) -> tuple[Delegation, Appointment, Person] | None:
    """A delegation with the function and the person who acts in it."""
    row = db.session.execute(
        select(Delegation, Appointment, Person).join(Appointment, Appointment.id == Delegation.appointment_id)
        .join(Person, Person.id == Delegation.person_id).options(joinedload(Appointment.unit))
        .where(Delegation.id == key)).one_or_none()
    return (row[0], row[1], row[2]) if row else None


def carried_for_others(identity: Identity) -> Sequence[tuple[Delegation, Appointment, Person]]:
    """The functions in which the person acts for somebody else, today or later; the person is the holder."""
    rows = db.session.execute(
        select(Delegation, Appointment, Person).join(Appointment, Appointment.id == Delegation.appointment_id)
        .join(Person, Person.id == Appointment.person_id)
        .where(Delegation.person_id == identity.person, Delegation.valid_until >= clock.today())
        .order_by(Delegation.valid_from, Delegation.id))
    return [(d, a, p) for d, a, p in rows]


def colleagues(identity: Identity, unit: int, day: date | None = None) -> Sequence[Person]:
    """Who works in the unit beside the person: to whom a function may be handed over."""
    return [p for p in directory.people(unit, day) if p.id != identity.person]


def somebody_administers() -> bool:
    """Whether anybody holds the administrator's function today and goes on holding it."""
    a = Appointment
    found = select(a.id).join(a.person).where(a.role == Role.ADMINISTRATOR.value, directory.in_force(clock.today()),
                                              a.valid_until.is_(None), Person.left_on.is_(None))
    return db.session.scalars(found.limit(1)).first() is not None


def has_access(person: UUID) -> bool:
    """Whether the person may sign in. The administrator's lane learns just that of an account."""
    return bool(db.session.scalar(text("SELECT app.has_access(:who)"), {"who": person}))


def hold(key: UUID) -> None:
    """Until the transaction ends nobody else gives this person a function, or hands this function over: of two who do so at
    once, the second sees what the first has made."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"functions of {key}", 0))))


def functions_like(person: UUID, unit: int, role: Role, line: Line | None) -> Sequence[Appointment]:
    """The person's appointments to the same function, whenever valid."""
    return db.session.scalars(select(Appointment).where(
        Appointment.person_id == person, Appointment.unit_id == unit, Appointment.role == role.value,
        Appointment.line.is_(None) if line is None else Appointment.line == line.value)).all()


def units_of(person: UUID, day: date) -> Sequence[int]:
    """Where the person has a function that is not over before a day."""
    a = Appointment
    valid = a.valid_from <= day, func.coalesce(a.valid_until, day) >= day
    return db.session.scalars(select(a.unit_id).where(a.person_id == person, *valid).distinct().order_by(a.unit_id)).all()
