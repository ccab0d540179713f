"""Reading the directory. Reference data: everyone sees all of it; work contacts are there to be called."""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from portal.units import rules
from portal.units.rules import CONTACTS, COUNTERPARTS, HEADS, Group
from tenants import clock
from tenants.access import HEADQUARTERS
from tenants.db import db
from tenants.directory import in_force, open_on
from tenants.errors import NotVisible
from tenants.models import Appointment, Focus, Liaison, Person, Responsibility, Unit
from tenants.vocabulary import Category, Line, Part, Process, Role, UnitKind


@dataclass(slots=True)
class Entry:
    """A unit and whom to turn to. People named in the approved plan come before those appointed."""
    unit: Unit
    heads: list[Person] = field(default_factory=list)
    contacts: list[Person] = field(default_factory=list)
    deputies: list[Person] = field(default_factory=list)
    counterparts: dict[str, list[Person]] = field(default_factory=dict)

    def matches(self, words: str) -> bool:
        """Whether the unit or one of these people is called so; case does not matter."""
        u = self.unit
        people = {*self.heads, *self.contacts, *self.deputies, *(p for ps in self.counterparts.values() for p in ps)}
        texts = [u.code, u.name, u.name_zh, u.short_zh, *(t for p in people for t in (p.name, p.email, p.phone))]
        return words.casefold() in "\n".join(texts).casefold()


def units(kind: UnitKind | None = None, category: Category | None = None) -> Select[Unit]:
    """The units that exist today, with what each is a part of; the caller gives the order."""
    found = select(Unit).options(joinedload(Unit.parent)).where(open_on())
    if kind:
        found = found.where(Unit.kind == kind.value)
    if category:
        found = found.where(Unit.category == category.value)
    return found


def gone() -> Mapping[int, int | None]:
    """The units that are closed today, each with what it was merged into, for `rules.successor`."""
    rows = db.session.execute(select(Unit.id, Unit.merged_into_id).where(Unit.closed_on <= clock.today()))
    return {row.id: row.merged_into_id for row in rows}


def by_code(code: str) -> Unit:
    """A unit, also a closed one, with what it is a part of. Raises NotVisible."""
    if not rules.CODE.fullmatch(code):
        raise NotVisible
    found = db.session.scalars(select(Unit).options(joinedload(Unit.parent)).where(Unit.code == code)).one_or_none()
    if found is None:
        raise NotVisible
    return found


def directory(kind: UnitKind | None = None, category: Category | None = None,
              words: str = "") -> Mapping[Group, Sequence[Entry]]:
    """Units with their people, under the headings in order; empty headings are left out. Three statements."""
    rows = db.session.scalars(units(kind, category).order_by(Unit.position, Unit.id)).all()
    entries = {unit.id: Entry(unit) for unit in rows}
    _fill(entries, appointments(entries))
    found: dict[Group, list[Entry]] = {group: [] for group in rules.GROUPS}
    for entry in entries.values():
        if not words or entry.matches(words):
            found.setdefault(rules.group_of(entry.unit.kind, entry.unit.category), []).append(entry)
    return {group: members for group, members in found.items() if members}


def entry(unit: Unit, people: Mapping[Role, Sequence[Appointment]]) -> Entry:
    """Whom to turn to in one unit, of those who work there. One statement."""
    made = Entry(unit)
    _fill({unit.id: made}, [a for held in people.values() for a in held])
    return made


def _fill(entries: Mapping[int, Entry], held: Iterable[Appointment]) -> None:
    for liaison in liaisons(entries):
        _add(entries[liaison.unit_id], Part(liaison.part), liaison.line, liaison.person)
    for a in held:
        mine = entries[a.unit_id]
        if a.role in HEADS:
            _once(mine.heads, a.person)
        elif a.role in CONTACTS:
            _appointed_contact(mine, a)
        elif a.role in COUNTERPARTS and a.line and not mine.counterparts.get(a.line):
            _add(mine, Part.COUNTERPART, a.line, a.person)


def _appointed_contact(mine: Entry, a: Appointment) -> None:
    """An appointed deputy counts as deputy; an appointed contact where the plan names none, or none other."""
    if a.deputy:
        if not mine.deputies or mine.unit.id == HEADQUARTERS:
            _once(mine.deputies, a.person)
    elif not mine.contacts or mine.unit.id == HEADQUARTERS:
        _once(mine.contacts, a.person)


def _add(mine: Entry, part: Part, line: str | None, person: Person) -> None:
    match part:
        case Part.CONTACT:
            _once(mine.contacts, person)
        case Part.DEPUTY:
            _once(mine.deputies, person)
        case Part.COUNTERPART if line:
            _once(mine.counterparts.setdefault(line, []), person)
        case _:
            pass


def _once(people: list[Person], person: Person) -> None:
    if person not in people:
        people.append(person)


def appointments(of: Iterable[int]) -> Sequence[Appointment]:
    """Functions in force today in these units, with their people, deputies last."""
    a = Appointment
    return db.session.scalars(
        select(a).join(a.person).where(a.unit_id.in_(list(of)), in_force(clock.today()))
        .options(contains_eager(a.person)).order_by(a.unit_id, a.role, a.line, a.deputy, Person.name, a.id)).all()


def liaisons(of: Iterable[int]) -> Sequence[Liaison]:
    """Whom the units' approved plans name, people who have left excepted."""
    today = clock.today()
    return db.session.scalars(
        select(Liaison).join(Liaison.person)
        .where(Liaison.unit_id.in_(list(of)), or_(Person.left_on.is_(None), Person.left_on > today))
        .options(contains_eager(Liaison.person)).order_by(Liaison.unit_id, Liaison.part, Liaison.line, Person.name)).all()


def by_function(unit: Unit) -> Mapping[Role, Sequence[Appointment]]:
    """Everybody's functions in a unit, under each role in the order they are shown. One statement."""
    held = appointments([unit.id])
    return {role: rows for role in rules.ORDER if (rows := [a for a in held if a.role == role])}


def parts(unit: Unit) -> Sequence[Unit]:
    """The units that are a part of it today, in order."""
    return db.session.scalars(units().where(Unit.parent_id == unit.id).order_by(Unit.position, Unit.id)).all()


def focus_of(unit: Unit) -> Process | None:
    """The focus process of the unit's category."""
    if unit.category is None:
        return None
    found = db.session.scalars(select(Focus.process).where(Focus.category == unit.category)).one_or_none()
    return Process(found) if found else None


def responsibilities() -> Mapping[tuple[Line, Process], Responsibility]:
    """Each line's duty in each process, lines and processes in the order of the codes."""
    rows = {(Line(r.line), Process(r.process)): r for r in db.session.scalars(select(Responsibility))}
    return {(line, process): rows[line, process] for line in Line for process in Process if (line, process) in rows}


def focuses() -> Mapping[Category, Focus]:
    rows = {Category(f.category): f for f in db.session.scalars(select(Focus))}
    return {category: rows[category] for category in Category if category in rows}


def companies() -> Mapping[str, Sequence[Unit]]:
    """The specialised companies that exist today, by category. One statement."""
    found: dict[str, list[Unit]] = {}
    for unit in db.session.scalars(units(UnitKind.SPECIALISED_COMPANY).order_by(Unit.position, Unit.id)):
        found.setdefault(unit.category or "", []).append(unit)
    return found
