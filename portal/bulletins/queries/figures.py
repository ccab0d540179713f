"""The figures of a moment, as JSON: what the board, the lists and the flows show then, with every name as it is called then.

They are read as the programme office reads, whoever composes, in a scope of headquarters. A name is {"en", "zh"}; a count is
{"total", "closed", "overdue"}; medians are minutes of working time."""
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from portal.assignments import queries as assignments
from portal.assignments.models import Assignment
from portal.assignments.rules import DONE, RED
from portal.attachments.models import Attachment
from portal.board import queries as board
from portal.board import rules as board_rules
from portal.board.rules import Counted, Group, Row, Tally
from portal.bulletins import rules
from portal.flows import queries as flow_queries
from portal.flows.rules import Figures
from portal.flows.rules import figures as flow_figures
from portal.issues import queries as issues
from portal.programmes import queries as programmes
from portal.programmes.models import Programme
from portal.workdays import Calendar
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Appointment, Identity
from tenants.db import db
from tenants.models import Term
from tenants.vocabulary import Role, UnitKind

Name = dict[str, str]
_NOBODY = UUID(int=0)
OFFICE = Identity(_NOBODY, "", "", (Appointment(_NOBODY, Role.HQ_OFFICE, HEADQUARTERS, "hq", _NOBODY),))


def calendar() -> Calendar:
    """The working days that the programme office has set."""
    return assignments.calendar()


def figures(now: datetime) -> dict[str, Any] | None:
    """Everything that a bulletin of this moment says in figures; None where no programme is issued."""
    programme = programmes.current(OFFICE)
    if programme is None:
        return None
    units = directory.units()
    rows = board.counted(OFFICE, programme.id, board.EVERYTHING, units)
    codes = [m.code for m in programme.milestones]
    groups = board_rules.grouped(rows, board.places(OFFICE, board.EVERYTHING, units, rows), codes)
    names = {u.id: u.short_names for u in units}
    return {"programme": {"year": programme.year, "name": {"en": programme.name, "zh": programme.name_zh}},
            **_completion(programme, groups, board_rules.across("", rows, codes), names),
            "overdue": _overdue(rows, names), "flows": _flows(now, names), "practice": _practice(rows, names),
            "ranking": _ranking(groups, names, {u.id for u in units if u.parent_id is None})}


def _terms(*vocabularies: str) -> Mapping[tuple[str, str], Name]:
    rows = db.session.execute(select(Term.vocabulary, Term.code, Term.name, Term.name_zh).where(Term.vocabulary.in_(vocabularies)))
    return {(vocabulary, code): {"en": name, "zh": name_zh} for vocabulary, code, name, name_zh in rows}


def _count(t: Tally) -> dict[str, int]:
    return {"total": t.total, "closed": t.closed, "overdue": t.overdue}


def _completion(programme: Programme, groups: Sequence[Group], all_: Row, names: Mapping[int, Name]) -> dict[str, Any]:
    terms = _terms("unit_kind", "category")

    def shown(row: Row) -> dict[str, Any]:
        return {"cells": {m: _count(t) for m, t in row.cells.items()}, "total": _count(row.total)}
    return {
        "milestones": [{"code": m.code, "name": {"en": m.title, "zh": m.title_zh}, "due": m.due.isoformat()}
                       for m in programme.milestones],
        "groups": [{"name": terms.get(("category", g.category)) if g.category else terms.get(("unit_kind", g.kind)),
                    "rows": [{"unit": row.key, "name": names[int(row.key)], **shown(row)} for row in g.rows],
                    "together": shown(g.together)} for g in groups],
        "all": shown(all_)}


def _overdue(rows: Sequence[Counted], names: Mapping[int, Name]) -> dict[str, Any]:
    """The longest overdue, and how many there are."""
    red = sorted((r for r in rows if r.light == RED), key=lambda r: (-r.late, r.unit, str(r.key)))
    lines = _terms("line")
    return {"total": len(red), "units": len({r.unit for r in red}), "rows": [
        {"unit": names[r.unit], "code": a.code, "title": {"en": a.title, "zh": a.title_zh}, "line": lines.get(("line", a.line)),
         "due": a.due.isoformat(), "late": r.late} for r, a, _ in board.shown(OFFICE, red[:rules.MOST_OVERDUE])]}


def _ranking(groups: Sequence[Group], names: Mapping[int, Name], whole: Collection[int]) -> list[dict[str, Any]]:
    """Provinces among provinces, companies among companies; parts of units count with nobody."""
    terms = _terms("unit_kind")
    found = []
    for kind in (UnitKind.PROVINCE, UnitKind.SPECIALISED_COMPANY):
        rows = [row for g in groups if g.kind == kind for row in g.rows if row.key in whole]
        found.append({"name": terms.get(("unit_kind", kind.value)), "rows": [
            {"rank": rank, "unit": names[int(row.key)], **_count(row.total), "percent": row.total.percent}
            for rank, row in rules.ranked(rows)]})
    return [group for group in found if group["rows"]]


def _measures(f: Figures) -> dict[str, Any]:
    return {"count": f.count, "open": f.open, "overdue": f.overdue, "respond": f.respond, "resolve": f.resolve}


def _flows(now: datetime, names: Mapping[int, Name]) -> dict[str, Any]:
    """Of the issues raised since the year began."""
    since = clock.at(date(clock.local(now).year, 1, 1), 0)
    found = flow_queries.flows(issues.conditions(OFFICE, issues.Wanted(since=since), now), now)
    shown = rules.named(found)
    return {"since": clock.local(since).date().isoformat(), "all": _measures(flow_figures(found)),
            "pairs": [{"raiser": names[p.raiser], "owner": names[p.owner], **_measures(p.figures)} for p in shown.pairs],
            "others": _measures(shown.others)}


def _practice(rows: Iterable[Counted], names: Mapping[int, Name]) -> list[dict[str, Any]]:
    """Assignments closed, handed in on time, with evidence attached, the last closed first: the office picks among them."""
    good = {r.key: r for r in rows if r.light == DONE and r.closed_on and r.handed_in_on and r.handed_in_on <= r.due}
    if not good:
        return []
    a, f = Assignment, Attachment
    found = db.session.execute(
        select(a.id, a.code, a.title, a.title_zh, func.count(f.id))
        .join(f, (f.subject_kind == "assignment") & (f.subject_id == a.id) & f.removed_at.is_(None))
        .where(a.id.in_(good)).group_by(a.id).order_by(a.closed_on.desc(), a.id).limit(rules.MOST_PRACTICE)).all()
    return [{"key": str(key), "unit": names[good[key].unit], "code": code, "title": {"en": title, "zh": title_zh},
             "due": good[key].due.isoformat(), "closed_on": str(good[key].closed_on), "files": files}
            for key, code, title, title_zh, files in found]
