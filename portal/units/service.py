"""Writing the directory: units, duties and focus by an administrator, a colleague by a unit's contact.

Every change is judged, checked, audited; nobody's change is overwritten unseen (`version` is what the form was made of)."""
import re
from collections.abc import Mapping
from dataclasses import fields as fields_of
from datetime import date
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from portal.audit import service as audit
from portal.outbox import service as outbox
from portal.texts import SHORT, clean, prose
from portal.units import rules
from portal.units.rules import Facts
from tenants import clock
from tenants.access import HEADQUARTERS, Appointment, Identity, Subject, need
from tenants.db import db, uuid7
from tenants.errors import Invalid, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.models import Appointment as AppointmentRow
from tenants.models import Focus, Person, Responsibility, Setting, Term, Unit
from tenants.permissions import Permission
from tenants.vocabulary import Duty, Process, Role, UnitKind

_Row = Unit | Responsibility | Focus | Term | Setting
CLOSED = "unit.closed"                    # topic: headquarters sees to what the unit had in hand, on the day
_NUMBERING = 7_300_001                    # advisory lock: two new units do not get one number
_ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_MOST_SEGMENTS, _LONGEST_TERM = 60, 100


def unit_key(unit: Unit) -> UUID:
    """What stands for a unit, whose own key is a number, in the audit trail."""
    return UUID(int=unit.id)


def create_unit(facts: Facts, *, actor: Identity) -> Unit:
    """A new unit. Raises NotPermitted, Invalid."""
    under = need(actor, Permission.ADMINISTER)
    facts = _cleaned(facts)
    db.session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _NUMBERING})
    _check(facts, None)
    unit = Unit(id=1 + (db.session.scalar(select(func.max(Unit.id))) or 0), closed_on=None, merged_into_id=None,
                **_columns(facts))
    db.session.add(unit)
    db.session.flush()
    audit.record("create", "unit", unit_key(unit), _columns(facts), under=under)
    return unit


def change_unit(unit: Unit, facts: Facts, *, version: int, actor: Identity) -> None:
    """Raises NotPermitted, Stale, Invalid."""
    under = need(actor, Permission.ADMINISTER)
    _fresh(unit, version)
    facts = _cleaned(facts)
    _check(facts, unit)
    _change(unit, _columns(facts), "change", "unit", unit_key(unit), under)


def close_unit(unit: Unit, day: date | None, *, version: int, actor: Identity) -> None:
    """From `day` on the unit is gone; its history stays, its people's functions in it end. Raises NotPermitted, Stale,
    RuleViolated, Invalid."""
    under = need(actor, Permission.ADMINISTER)
    _fresh(unit, version)
    _close(unit, day, None, under)


def merge_unit(unit: Unit, into: Unit, day: date | None, *, version: int, actor: Identity) -> None:
    """Closed from `day` on, in favour of another. Raises as close_unit."""
    under = need(actor, Permission.ADMINISTER)
    _fresh(unit, version)
    if into.id == unit.id or rules.closed(into.closed_on, day or clock.today()):
        raise Invalid({"into": [N_("Choose another unit, one that goes on.")]})
    _close(unit, day, into, under)


def set_duty(row: Responsibility, duty: str, segments: str, *, version: int, actor: Identity) -> None:
    """What a line does in a process; `segments` limits it to parts of the market. Raises NotPermitted, Stale, Invalid."""
    under = need(actor, Permission.ADMINISTER)
    _fresh(row, version)
    segments = prose(segments)
    if duty not in set(Duty):
        raise Invalid({"duty": [N_("Choose one of the list.")]})
    if len(segments) > _MOST_SEGMENTS:
        raise Invalid({"segments": [N_("At most %(most)s characters.", most=_MOST_SEGMENTS)]})
    _change(row, {"duty": duty, "segments": segments}, "change", "responsibility", row.id, under)


def set_focus(row: Focus, process: str, *, version: int, actor: Identity) -> None:
    """The focus process of a category of companies. Raises NotPermitted, Stale, Invalid."""
    under = need(actor, Permission.ADMINISTER)
    _fresh(row, version)
    if process not in set(Process):
        raise Invalid({"process": [N_("Choose one of the list.")]})
    _change(row, {"process": process}, "change", "focus", row.id, under)


def change_term(row: Term, name: str, name_zh: str, *, version: int, actor: Identity) -> None:
    """What a code is called. Raises NotPermitted, Stale, Invalid."""
    under = need(actor, Permission.ADMINISTER)
    _fresh(row, version)
    values = {"name": clean(name), "name_zh": clean(name_zh)}
    found = {field: [fault] for field, value in values.items() if (fault := _name_fault(value)) is not None}
    if found:
        raise Invalid(found)
    _change(row, values, "change", "term", row.id, under)


def change_setting(row: Setting, value: Mapping[str, int], *, version: int, actor: Identity) -> None:
    """A judgement that is data. What its numbers may be is judged by the slice that reads them, before this is called.
    Raises NotPermitted, Stale, Invalid."""
    under = need(actor, Permission.ADMINISTER)
    _fresh(row, version)
    if value.keys() != row.value.keys():
        raise Invalid({name: [N_("This is required.")] for name in row.value.keys() ^ value.keys()})
    changes = {name: [row.value[name], number] for name, number in value.items() if row.value[name] != number}
    if changes:
        row.value = dict(value)
        db.session.flush()
        audit.record("change", "setting", row.id, changes, under=under)


def add_person(unit: Unit, name: str, email: str, phone: str = "", *, actor: Identity) -> Person:
    """A colleague whom the unit's contact needs as owner or counterpart: a person, and a member of the unit from today.

    One who works in the unit already is simply given back; an address that is taken elsewhere gets one answer, whatever
    the reason. Raises NotPermitted, Invalid."""
    under = need(actor, Permission.PERSON_ADD, Subject(unit.id))
    name, email, phone = clean(name), clean(email).lower(), clean(phone)
    if found := _person_faults(name, email, phone):
        raise Invalid(found)
    known = db.session.scalars(select(Person).where(func.lower(Person.email) == email)).one_or_none()
    if known is not None:
        return _colleague(known, unit)
    try:
        with db.session.begin_nested():
            person = Person(id=uuid7(), name=name, email=email, phone=phone, language=actor.language, left_on=None)
            db.session.add(person)
            db.session.flush()
            db.session.add(AppointmentRow(id=uuid7(), person_id=person.id, unit_id=unit.id, role=Role.MEMBER.value, line=None,
                                          deputy=False, valid_from=clock.today(), valid_until=None))
            db.session.flush()
    except IntegrityError:
        raise Invalid({"email": [_TAKEN]}) from None
    audit.record("add", "person", person.id, {"name": name, "email": email, "unit": unit.code}, under=under)
    return person


_TAKEN = N_("This address cannot be added here; ask an administrator.")


def _colleague(person: Person, unit: Unit) -> Person:
    today = clock.today()
    a = AppointmentRow
    here = select(a.id).where(a.person_id == person.id, a.unit_id == unit.id, a.valid_from <= today,
                              func.coalesce(a.valid_until, today) >= today)
    if (person.left_on and person.left_on <= today) or db.session.scalars(here.limit(1)).first() is None:
        raise Invalid({"email": [_TAKEN]})
    return person


def _person_faults(name: str, email: str, phone: str) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = {}
    if not name:
        found["name"] = [N_("This is required.")]
    elif len(name) > SHORT:
        found["name"] = [N_("At most %(most)s characters.", most=SHORT)]
    if not email:
        found["email"] = [N_("This is required.")]
    elif not _ADDRESS.fullmatch(email) or len(email) > SHORT:
        found["email"] = [N_("This is no mail address.")]
    if len(phone) > 40:
        found["phone"] = [N_("At most %(most)s characters.", most=40)]
    return found


def _name_fault(name: str) -> Message | None:
    if not name:
        return N_("This is required.")
    return N_("At most %(most)s characters.", most=_LONGEST_TERM) if len(name) > _LONGEST_TERM else None


def _close(unit: Unit, day: date | None, into: Unit | None, under: Appointment) -> None:
    if unit.id == HEADQUARTERS:
        raise RuleViolated(N_("Headquarters cannot be closed."))
    if unit.closed_on is not None:
        raise RuleViolated(N_("This unit is closed already."))
    if day is None:
        raise Invalid({"closed_on": [N_("Say from which day on.")]})
    going_on = select(Unit.id).where(Unit.parent_id == unit.id, func.coalesce(Unit.closed_on, date.max) > day)
    if db.session.scalars(going_on.limit(1)).first() is not None:
        raise RuleViolated(N_("Parts of this unit go on; close or move them first."))
    _change(unit, {"closed_on": day, "merged_into_id": into.id if into else None}, "merge" if into else "close", "unit",
            unit_key(unit), under)
    outbox.post(CLOSED, HEADQUARTERS, {"unit": unit.id}, not_before=clock.at(day, 0))


def _check(facts: Facts, unit: Unit | None) -> None:
    itself = unit.id if unit else None
    parents = {row.id: row.parent_id for row in db.session.execute(select(Unit.id, Unit.parent_id))}
    other = db.session.scalars(select(Unit.id).where(Unit.code == facts.code)).one_or_none()
    found = rules.faults(facts, taken=other not in (None, itself), parents=parents, itself=itself)
    if (facts.kind == UnitKind.HEADQUARTERS) != (itself == HEADQUARTERS):
        found.setdefault("kind", []).append(N_("There is one headquarters."))
    if unit is not None and unit.id == HEADQUARTERS and (facts.code != unit.code or facts.parent is not None):
        found.setdefault("code", []).append(N_("Headquarters keeps its code and stands under no other unit."))
    if found:
        raise Invalid(found)


def _cleaned(facts: Facts) -> Facts:
    texts = {f.name: clean(value) for f in fields_of(facts) if isinstance(value := getattr(facts, f.name), str)}
    return Facts(**{f.name: texts.get(f.name, getattr(facts, f.name)) for f in fields_of(facts)}
                 | {"category": texts.get("category") or None})


def _columns(facts: Facts) -> dict[str, object]:
    values = {f.name: getattr(facts, f.name) for f in fields_of(facts)}
    values["parent_id"] = values.pop("parent")
    return values


def _fresh(row: _Row, version: int) -> None:
    if row.version != version:
        raise Stale(N_("Somebody else has changed this meanwhile. Look at it again, then repeat what you meant to change."))


def _change(row: _Row, values: Mapping[str, object], action: str, kind: str, key: UUID,
            under: Appointment) -> None:
    changes = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
    if not changes:
        return
    for name in changes:
        setattr(row, name, values[name])
    db.session.flush()
    audit.record(action, kind, key, changes, under=under)
