"""What units, people and codes are called, in the reader's language. Read once a request, in one query each."""
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask import current_app, g
from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Row,
    Text,
    bindparam,
    func,
    literal,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects.postgresql import JSONB

from portal import legends
from portal.legends import Legend
from portal.web.locale import language
from portal.workdays import STANDARD, Calendar
from portal.worktime import CALENDAR, calendar_from
from tenants.db import db
from tenants.models import Person, Setting, Term, Unit
from tenants.vocabulary import (
    Business,
    CampaignState,
    Category,
    Duty,
    IssuePart,
    IssueState,
    LaunchElement,
    Line,
    MilestoneCode,
    Part,
    Process,
    Role,
    Segment,
    Severity,
    Stage,
    SyncEvent,
    System,
    UnitKind,
    Verdict,
)

# Which vocabulary of `term` a code of the contract stands in.
VOCABULARIES: Mapping[type, str] = {
    Line: "line", Role: "role", Process: "process", Category: "category", UnitKind: "unit_kind",
    MilestoneCode: "milestone", Duty: "duty", System: "system", Part: "part", CampaignState: "campaign_state",
    LaunchElement: "launch_element", Segment: "segment", Business: "business", SyncEvent: "sync_event", Verdict: "verdict",
    Severity: "severity", Stage: "issue_stage", IssueState: "issue_state", IssuePart: "issue_part",
}


@dataclass(frozen=True, slots=True)
class Named:
    """A name in both languages. `short` is what stands in narrow places."""
    code: str
    name: str
    name_zh: str
    short_zh: str = ""
    key: int | None = None                             # of a unit

    def full(self) -> str:
        return self.name_zh if language() == "zh" else self.name

    def brief(self) -> str:
        return (self.short_zh or self.name_zh) if language() == "zh" else self.name


def _terms() -> Mapping[tuple[str, str], Row[Any]]:
    """The rows of each code, kept by the process as long as none of them changes. With what the units call their lights, and the
    days on which people work, in the same statement."""
    if "terms" not in g:
        version, rows = current_app.extensions.get("portal.terms", ("", {}))
        now, read = version, {}
        g.legends, g.calendar = {}, STANDARD
        for row in db.session.execute(_STATEMENT, {"known": version}).all():
            vocabulary, name = row[:2]
            if vocabulary == _VERSION:
                now = name
            elif vocabulary != _SETTING:
                read[vocabulary, name] = row
            elif name == CALENDAR:
                g.calendar = calendar_from(row.value)
            elif (unit := name.removeprefix(legends.PREFIX)).isdecimal() and (legend := legends.read(row.value)):
                g.legends[int(unit)] = legend
        if now != version:
            rows = read
            current_app.extensions["portal.terms"] = now, rows
        g.terms = rows
    return cast(Mapping[tuple[str, str], Row[Any]], g.terms)


_SETTING, _VERSION = "setting", "version"              # no vocabularies; they mark the rows that are no terms


def _statement() -> CompoundSelect[Any]:
    """The settings, what state the terms are in (how many, and the sums of the transactions that wrote them and of their
    versions), and the terms themselves where that is not `known`."""
    written = cast_to(cast_to(literal_column("term.xmin"), Text), BigInteger)
    figures = func.concat(func.count(), ".", func.sum(written), ".", func.sum(Term.version))
    state = select(figures.label("state")).select_from(Term).cte("state")
    terms = select(Term.vocabulary, Term.code, Term.name, Term.name_zh, null().cast(JSONB).label("value")).where(
        select(state.c.state).scalar_subquery() != bindparam("known", type_=Text))
    own = select(literal(_SETTING), Setting.name, literal(""), literal(""), Setting.value).where(
        Setting.name.startswith(legends.PREFIX, autoescape=True) | (Setting.name == CALENDAR))
    return union_all(terms, own, select(literal(_VERSION), state.c.state, literal(""), literal(""), null().cast(JSONB)))


_STATEMENT = _statement()


def legends_kept() -> Mapping[int, Legend]:
    """The units' own legends, by the unit's key."""
    _terms()
    return cast(Mapping[int, Legend], g.legends)


def calendar() -> Calendar:
    """The working days that the programme office has set; before signing in, those announced for all."""
    if "identity" not in g:
        return STANDARD
    _terms()
    return cast(Calendar, g.calendar)


def _units() -> dict[int | str, Row[Any]]:
    """The rows by key and by code."""
    kept = g.get("units")
    if kept is None:
        kept = {}
        for row in db.session.execute(select(Unit.id, Unit.code, Unit.name, Unit.name_zh, Unit.short_zh)).all():
            kept[row[0]] = kept[row[1]] = row
        g.units = kept
    return cast(dict[int | str, Row[Any]], kept)


def named(vocabulary: str, code: str) -> Named | None:
    """A code with its names in both languages."""
    row = _terms().get((vocabulary, code))
    return Named(row.code, row.name, row.name_zh) if row else None


def term(vocabulary: str, code: str | None) -> str:
    """The name of a code; the code itself where it has none; nothing for nothing."""
    if code is None:
        return ""
    found = named(vocabulary, str(code))
    return found.full() if found else str(code)


def _unit(unit: Any) -> Named | None:
    if unit is None or isinstance(unit, Named):
        return unit
    if isinstance(unit, int | str):
        row = _units().get(unit)
        return Named(row.code, row.name, row.name_zh, row.short_zh, row.id) if row else None
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


def unit_key(unit: Any) -> int | None:
    """Of a unit given as row, key or code; None for a code that nothing has."""
    if isinstance(unit, str):
        found = _units().get(unit)
        return found.id if found else None
    return unit if unit is None or isinstance(unit, int) else int(unit.id)


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
