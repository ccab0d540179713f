"""The issues that a flow counts: one narrow statement; times in working hours, computed when read."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from portal.flows.rules import Flow, Place
from portal.issues import queries as issues
from portal.issues.models import Issue, IssueTurn
from tenants import clock, directory
from tenants.db import db

WORST = 10
_LATE_ROWS = 2_000                                     # overdue issues of which the latest are found; oldest first


def flows(where: Sequence[ColumnElement[bool]], now: datetime) -> list[Flow]:
    """Every issue that fits, what may be read first (`portal.issues.queries.conditions`)."""
    i, time = Issue, issues.ground().time
    moved = select(func.count()).where(IssueTurn.issue_id == i.id, IssueTurn.start == "handed_over").scalar_subquery()
    rows = db.session.execute(
        select(i.raised_by, i.owner_unit, i.raised_at, i.responded_at, i.resolved_at, i.closed_at, i.state, moved,
               issues.overdue(now)).where(*where))

    def minutes(start: datetime, end: datetime | None) -> int | None:
        return round(time.between(start, end).total_seconds() / 60) if end is not None else None
    return [Flow(raiser, owner, clock.local(raised).date(), clock.local(closed).date() if closed else None,
                 minutes(raised, responded), minutes(raised, resolved), hand_overs, late, state in issues.UNFINISHED)
            for raiser, owner, raised, responded, resolved, closed, state, hand_overs, late in rows]


def places() -> list[Place]:
    """All units in the plan's order, closed ones too: their issues stay."""
    return [Place(u.id, u.code, u.kind) for u in directory.units()]


@dataclass(frozen=True, slots=True)
class Late:
    """An issue that is overdue, and by how much working time, in minutes."""
    issue: Issue
    minutes: float
    due: datetime


def worst(where: Sequence[ColumnElement[bool]], now: datetime) -> list[Late]:
    """The issues that are latest by working time."""
    i = Issue
    time = issues.ground().time
    rows = db.session.execute(
        select(i.id, i.raised_at, i.responded_at, i.severity, i.stage).where(*where, issues.overdue(now))
        .order_by(i.raised_at, i.id).limit(_LATE_ROWS)).all()
    late: dict[UUID, tuple[float, datetime]] = {}
    for key, raised, responded, severity, stage in rows:
        due = issues.deadlines(raised, severity, stage)
        until = due.resolve_by if responded else due.respond_by
        late[key] = time.between(until, now).total_seconds() / 60, until
    first = sorted(late, key=lambda key: (-late[key][0], str(key)))[:WORST]
    found: Mapping[UUID, Issue] = {x.id: x for x in db.session.scalars(issues.listed([i.id.in_(first)]))} if first else {}
    return [Late(found[key], *late[key]) for key in first if key in found]
