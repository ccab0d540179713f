"""Changing the rules of the exchange: headquarters' office only, with a reason, and on record.

What may be saved is judged here once more, whatever was rehearsed. Nothing that follows from the rules is stored, so that
everything shows the new ones at once."""
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from portal import texts
from portal.accounts.service import ENDED
from portal.assignments import queries as assignments
from portal.audit import service as audit
from portal.exchange import queries, rules
from portal.exchange.queries import SETTINGS, Rules
from portal.exchange.rules import CALENDAR, DESKS, HOURS, LIMITS, World
from portal.issues.models import IssueLimit
from portal.issues.queries import limits as clocks
from portal.notices import service as notices
from portal.outbox.service import Handler
from portal.units.service import CLOSED
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Appointment, Identity, need
from tenants.db import db, uuid7
from tenants.errors import Invalid, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.models import DeskException, Setting, Unit
from tenants.permissions import Permission
from tenants.vocabulary import Line, Role

_ONE_AT_A_TIME = 7_300_011                             # advisory lock: of two who save at once the second sees the first
LONGEST_REASON = texts.MEDIUM
Record = Callable[[str, str, UUID, Mapping[str, object]], None]
Names = Mapping[str, Mapping[str, str]]


def save(part: str, proposed: World, reason: str, *, version: str, actor: Identity) -> None:
    """Put one part of the proposed rules in force; `version` is that of the part which was rehearsed.

    Raises NotPermitted, Stale, Invalid, RuleViolated where nothing changes."""
    under = need(actor, Permission.EXCHANGE_RULES)
    reason = texts.prose(reason)
    check(part, proposed)
    if fault := reason_fault(reason):
        raise Invalid({"reason": [fault]})
    db.session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ONE_AT_A_TIME})
    found = queries.in_force_now()
    if found.version(part) != version:
        raise Stale(N_("Somebody else has changed this meanwhile. Look at it again, then repeat what you meant to change."))
    if rules.fingerprint(part, found.world) == rules.fingerprint(part, proposed):
        raise RuleViolated(N_("Nothing would change."))
    _WRITERS[part](found, proposed, _recorder(reason, under))
    db.session.flush()
    clocks.forget()
    assignments.forget()


def propose(part: str, now: World, value: World) -> World:
    """The world in force with one part of another."""
    return replace(now, **{_PLACES[part]: getattr(value, _PLACES[part])})


_PLACES = {LIMITS: "limits", HOURS: "hours", CALENDAR: "days", DESKS: "served"}


def reason_fault(reason: str) -> Message | None:
    if not reason:
        return N_("This is required.")
    return N_("At most %(most)s characters.", most=LONGEST_REASON) if len(reason) > LONGEST_REASON else None


def check(part: str, world: World) -> None:
    """Raises Invalid for rules that cannot be."""
    faults: dict[str, list[Message]] = {}
    for about, fault in _CHECKS[part](world):
        faults.setdefault(about, []).append(fault)
    if faults:
        raise Invalid(faults)


Faults = Iterator[tuple[str, Message]]


def _wrong_limits(world: World) -> Faults:
    for (severity, stage), limit in world.limits.items():
        for name, fault in rules.limit_faults(rules.minutes(limit.respond), rules.minutes(limit.resolve)).items():
            yield f"{severity}.{stage or ''}.{name}", fault
    if rules.common_missing(world.limits):
        yield "", rules.NO_COMMON_LIMIT


def _wrong_hours(world: World) -> Faults:
    yield from ((str(n), fault) for n, fault in rules.hour_faults(world.hours).items())
    if not 0 < len(world.hours) <= rules.MOST_PERIODS:
        yield "", rules.NO_PERIODS


def _wrong_days(world: World) -> Faults:
    yield from ((day.isoformat(), fault) for day in world.days if (fault := rules.day_fault(day)) is not None)
    if len(world.days) > rules.MOST_DAYS:
        yield "", rules.TOO_MANY_DAYS


def _wrong_desks(world: World) -> Faults:
    yield from ((f"{unit}.{line}", rules.SAME_LINE) for (unit, line), served in world.served.items() if served == line)


_CHECKS: Mapping[str, Callable[[World], Faults]] = {
    LIMITS: _wrong_limits, HOURS: _wrong_hours, CALENDAR: _wrong_days, DESKS: _wrong_desks}


def _recorder(reason: str, under: Appointment) -> Record:
    def record(action: str, kind: str, key: UUID, changes: Mapping[str, object]) -> None:
        audit.record(action, kind, key, {**changes, "reason": reason}, under=under)
    return record


def _write_limits(found: Rules, proposed: World, record: Record) -> None:
    kept = {(row.severity, row.stage): row for row in found.limits}
    for (severity, stage), limit in sorted(proposed.limits.items(), key=lambda item: rules.order(item[0])):
        about: dict[str, object] = {"severity": severity, **({"stage": stage} if stage else {})}
        values = {"respond_minutes": rules.minutes(limit.respond), "resolve_minutes": rules.minutes(limit.resolve),
                  "continuous": limit.continuous}
        row = kept.pop((severity.value, stage.value if stage else None), None)
        if row is None:
            key = uuid7()
            db.session.add(IssueLimit(id=key, severity=severity.value, stage=stage.value if stage else None, **values))
            record("add", "issue_limit", key, {**about, **{name: [None, value] for name, value in values.items()}})
            continue
        changes = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
        for name, value in values.items():
            setattr(row, name, value)
        if changes:
            record("change", "issue_limit", row.id, {**about, **changes})
    for row in kept.values():                          # stages only: `check` has seen to the limits for all of them
        record("remove", "issue_limit", row.id, {
            "severity": row.severity, "stage": row.stage, "respond_minutes": [row.respond_minutes, None],
            "resolve_minutes": [row.resolve_minutes, None]})
        db.session.delete(row)


def _write_setting(found: Rules, part: str, value: dict[str, object]) -> UUID:
    name = SETTINGS[part]
    row = found.settings.get(name)
    if row is None:
        row = Setting(id=uuid7(), name=name)
        db.session.add(row)
    row.value = value
    return row.id


def _write_hours(found: Rules, proposed: World, record: Record) -> None:
    def said(world: World) -> str:
        return ", ".join(f"{begin:%H:%M}–{end:%H:%M}" for begin, end in world.hours)
    key = _write_setting(found, HOURS, dict(rules.written(HOURS, proposed)))
    record("change", "setting", key, {"spans": [said(found.world), said(proposed)]})


def _write_calendar(found: Rules, proposed: World, record: Record) -> None:
    before, after = rules.written(CALENDAR, found.world), rules.written(CALENDAR, proposed)
    key = _write_setting(found, CALENDAR, dict(after))
    record("change", "setting", key, {f"worked {day}": list(pair) for day, pair in rules.steps(before, after).items()})


def _write_desks(found: Rules, proposed: World, record: Record) -> None:
    kept = {(row.unit_id, Line(row.line)): row for row in found.desks}
    for desk, served in sorted(proposed.served.items()):
        row = kept.pop(desk, None)
        if row is None:
            row = DeskException(id=uuid7(), unit_id=desk[0], line=desk[1].value, served_by=served.value)
            db.session.add(row)
            record("add", "desk_exception", row.id, {**_desk(row), "served_by": [None, served]})
        elif row.served_by != served:
            record("change", "desk_exception", row.id, {**_desk(row), "served_by": [row.served_by, served]})
            row.served_by = served.value
    for row in kept.values():
        record("remove", "desk_exception", row.id, {**_desk(row), "served_by": [row.served_by, None]})
        db.session.delete(row)


def _desk(row: DeskException) -> dict[str, object]:
    unit = db.session.get(Unit, row.unit_id)
    return {"unit": unit.code if unit else row.unit_id, "line": row.line}


_WRITERS: Mapping[str, Callable[[Rules, World, Record], None]] = {
    LIMITS: _write_limits, HOURS: _write_hours, CALENDAR: _write_calendar, DESKS: _write_desks}


# --- told by the background, in headquarters' lane -------------------------------------------------------------------


def tell_of_desks(_: UUID, payload: Mapping[str, Any]) -> None:
    """Outbox handler: somebody's function in a unit has ended, or the unit is closed. The programme office hears which desks
    fall to somebody else; never which issues lie there, nor who has left."""
    unit = db.session.get_one(Unit, int(payload["unit"]))
    day = date.fromisoformat(payload["day"]) if "day" in payload else unit.closed_on
    if day is None or day > clock.today():
        return
    served = queries.desks_on(unit.id, (day - timedelta(days=1), day))
    fallen = {line: after for line, (before, after) in served.items() if before != after}
    if not fallen:
        return
    lines, roles = queries.names("line"), queries.names("role")

    def desks(language: str, nobody: str, comma: str) -> str:
        return comma.join(f"{lines[line][language]} → {_server(after, lines, roles, language) or nobody}"
                          for line, after in fallen.items())
    told = {"en": desks("en", "nobody", ", "), "zh": desks("zh", "无人", "，")}
    said = N_("%(unit)s: desks that fall to somebody else: %(desks)s", unit=unit.names, desks=told)
    notices.tell(
        HEADQUARTERS, said, "/exchange#vacant", roles=[Role.HQ_OFFICE], key=f"desks {unit.id} {day} {_short(told['en'])}")


def _short(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _server(served: str | None, lines: Names, roles: Names, language: str) -> str:
    """A function as `app.desk` writes it, in words."""
    found = directory.parse_desk(served)
    return " ".join(filter(None, (roles[found[0]][language], lines[found[1]][language] if found[1] else ""))) if found else ""


HEADQUARTERS_HANDLERS: Mapping[str, Handler] = {ENDED: tell_of_desks, CLOSED: tell_of_desks}
