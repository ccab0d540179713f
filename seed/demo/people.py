"""Everybody who works in the demonstration year: who they are, what they are appointed to, how they sign in."""
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from random import Random
from uuid import UUID

from sqlalchemy import select

from portal.accounts import service as accounts
from portal.audit import service as audit
from portal.units import service as units
from portal.units.rules import Facts
from seed.demo import names
from tenants import access, directory
from tenants.access import HEADQUARTERS, Identity
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Person, Unit
from tenants.vocabulary import Line, Role, UnitKind

BRANCH_OF, BRANCH = "guangdong", "guangdong-east"
_ADMINISTRATORS = Scope(None, (HEADQUARTERS,), Lane.ADMINISTRATOR)

Functions = dict[str, tuple[Role, Line | None]]
_OWNERS: Functions = {line.value: (Role.LINE_OWNER, line) for line in Line}
_AT_HEADQUARTERS: Functions = {
    "admin": (Role.ADMINISTRATOR, None), "office": (Role.HQ_OFFICE, None), "leader": (Role.HQ_LEADER, None),
    "auditor": (Role.AUDITOR, None), **{line.value: (Role.HQ_LINE_LEAD, line) for line in Line}}
_IN_A_UNIT: Functions = {
    "contact": (Role.UNIT_CONTACT, None), "head": (Role.UNIT_HEAD, None), "deputy": (Role.UNIT_CONTACT, None), **_OWNERS,
    "member-1": (Role.MEMBER, Line.MARKET), "member-2": (Role.MEMBER, Line.NETWORK)}
_THIRD_MEMBER = {"member-3": (Role.MEMBER, Line.CUSTOMER_SERVICE)}


@dataclass(frozen=True, slots=True)
class Staff:
    """The people of one unit by what they are there ("contact", "market", "member-1" …)."""
    unit: str
    unit_id: int
    name_zh: str
    kind: str
    keys: dict[str, UUID]
    names: dict[str, str]

    def address(self, who: str) -> str:
        return names.address(who, self.unit)


def make(codes: Sequence[str], first_day: date, password: str, random_seed: int) -> dict[str, Staff]:
    """Store them and let them sign in, all with the same password; the branch of one province comes into being, too.
    Who is there already stays."""
    rng = Random(f"{random_seed} people")
    invented = names.people(rng)
    administrator = _administrator(next(invented), first_day)
    with acting_as(administrator.scope(writing=True)):
        known = {p.email: p for p in db.session.scalars(select(Person))}
        there = len(known) > 1                         # all but the administrator are made in one transaction
        if BRANCH_OF in codes and not there:
            _branch(administrator)
        chosen = db.session.scalars(select(Unit).where(Unit.code.in_(["hq", *codes, BRANCH]))
                                    .order_by(Unit.position, Unit.id)).all()
        staff = {u.code: _staff(u, _functions(u, rng), invented, first_day, administrator, known) for u in chosen}
        if not there:
            _second_functions(staff, first_day, administrator)
        db.session.commit()
    _let_in(staff, accounts.hash_password(password))
    return staff


def _administrator(who: tuple[str, str], first_day: date) -> Identity:
    """The first administrator, whom nobody appointed."""
    address = names.address("admin", "hq")
    with acting_as(_ADMINISTRATORS):
        person = db.session.scalars(select(Person).where(Person.email == address)).one_or_none()
        if person is None:
            person = accounts.create_person(address, *who)
            accounts.appoint(person, db.session.get_one(Unit, HEADQUARTERS), Role.ADMINISTRATOR, valid_from=first_day, under=None)
        key = person.id
        db.session.commit()
    found = directory.identity_of(key)
    assert found is not None
    return found


def _branch(administrator: Identity) -> None:
    """A part of a province."""
    province = db.session.scalars(select(Unit).where(Unit.code == BRANCH_OF)).one()
    units.create_unit(Facts(
        code=BRANCH, kind=UnitKind.PROVINCE, category=None, name=f"{province.name}, East Branch",
        name_zh=f"{province.name_zh}东部分公司", short_zh=f"{province.short_zh}东", parent=province.id,
        position=province.position), actor=administrator)


def _functions(unit: Unit, rng: Random) -> Functions:
    if unit.id == HEADQUARTERS:
        return _AT_HEADQUARTERS
    return _IN_A_UNIT | _THIRD_MEMBER if rng.random() < 0.5 else _IN_A_UNIT


def _staff(unit: Unit, functions: Functions, invented: Iterator[tuple[str, str]], first_day: date,
           administrator: Identity, known: Mapping[str, Person]) -> Staff:
    under = administrator.appointments[0]
    found = Staff(unit.code, unit.id, unit.name_zh, unit.kind, {}, {})
    for who, (role, line) in functions.items():
        person = known.get(found.address(who))
        if person is None:
            person = accounts.create_person(found.address(who), *next(invented), under=under)
            accounts.appoint(person, unit, role, line, who == "deputy", first_day, under=under)
        found.keys[who], found.names[who] = person.id, person.name
    return found


def _second_functions(staff: dict[str, Staff], first_day: date, administrator: Identity) -> None:
    """One's contact is the next one's assessor: a person with functions in two units."""
    provinces = [s for s in staff.values() if s.kind == UnitKind.PROVINCE and s.unit != BRANCH]
    for here, there in pairwise(provinces[:4]):
        accounts.appoint(db.session.get_one(Person, here.keys["contact"]), db.session.get_one(Unit, there.unit_id),
                         Role.ASSESSOR, valid_from=first_day, under=administrator.appointments[0])


def _let_in(staff: dict[str, Staff], hashed: str) -> None:
    with acting_as(Scope(None, (HEADQUARTERS,), Lane.SIGN_IN)):
        for one in staff.values():
            for who, key in one.keys.items():
                if not who.startswith("member"):
                    accounts.set_password(key, one.address(who), hashed=hashed)
        db.session.commit()


def leave(person: UUID, day: date, under: access.Appointment) -> None:
    """From that day on the person is gone; what is theirs stays in their name until somebody takes it over."""
    gone = db.session.get_one(Person, person)
    gone.left_on = day
    db.session.flush()
    audit.record("leave", "person", person, {"left_on": [None, day]}, under=under)
