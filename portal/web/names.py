"""What units, people and codes are called, in the reader's language. Read once a request, in one query each."""
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask import g
from sqlalchemy import select

from portal.web.locale import language
from tenants.db import db
from tenants.models import Person, Term, Unit
from tenants.vocabulary import Category, Duty, Line, MilestoneCode, Part, Process, Role, System, UnitKind

# Which vocabulary of `term` a code of the contract stands in.
VOCABULARIES: Mapping[type, str] = {
    Line: "line", Role: "role", Process: "process", Category: "category", UnitKind: "unit_kind",
    MilestoneCode: "milestone", Duty: "duty", System: "system", Part: "part",
}


@dataclass(frozen=True, slots=True)
class Named:
    """A name in both languages. `short` is what stands in narrow places."""
    code: str
    name: str
    name_zh: str
    short_zh: str = ""

    def full(self) -> str:
        return self.name_zh if language() == "zh" else self.name

    def brief(self) -> str:
        return (self.short_zh or self.name_zh) if language() == "zh" else self.name


def _terms() -> dict[tuple[str, str], Named]:
    if "terms" not in g:
        rows = db.session.execute(select(Term.vocabulary, Term.code, Term.name, Term.name_zh))
        g.terms = {(r.vocabulary, r.code): Named(r.code, r.name, r.name_zh) for r in rows}
    return cast(dict[tuple[str, str], Named], g.terms)


def _units() -> dict[int | str, Named]:
    """By key and by code."""
    if "units" not in g:
        rows = db.session.execute(select(Unit.id, Unit.code, Unit.name, Unit.name_zh, Unit.short_zh))
        g.units = {}
        for r in rows:
            g.units[r.id] = g.units[r.code] = Named(r.code, r.name, r.name_zh, r.short_zh)
    return cast(dict[int | str, Named], g.units)


def term(vocabulary: str, code: str | None) -> str:
    """The name of a code; the code itself where it has none; nothing for nothing."""
    if code is None:
        return ""
    found = _terms().get((vocabulary, str(code)))
    return found.full() if found else str(code)


def _unit(unit: Any) -> Named | None:
    if unit is None or isinstance(unit, Named):
        return unit
    if isinstance(unit, int | str):
        return _units().get(unit)
    return Named(unit.code, unit.name, unit.name_zh, getattr(unit, "short_zh", ""))


def unit_name(unit: Any) -> str:
    """Of a unit given as row, key or code."""
    found = _unit(unit)
    return found.full() if found else str(unit or "")


def unit_short(unit: Any) -> str:
    """The same for narrow places: 广东 instead of 广东公司."""
    found = _unit(unit)
    return found.brief() if found else str(unit or "")


def unit_code(unit: Any) -> str:
    found = _unit(unit)
    return found.code if found else str(unit or "")


def person_name(person: Any) -> str:
    """Of a person given as row or key."""
    if person is None:
        return ""
    if not isinstance(person, UUID):
        return str(person.name)
    known = g.setdefault("people", {})
    if person not in known:
        known[person] = db.session.scalar(select(Person.name).where(Person.id == person)) or ""
    return str(known[person])
