"""The clocks of issues: the limits and the working hours in force, what they make of an issue, and the same in SQL.

Nothing here is stored. A list finds what is overdue by cut-off instants: what was raised before them is late."""
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, or_, select

from portal import worktime
from portal.issues.models import Issue, IssueLimit
from portal.issues.rules import clocks as rules
from portal.issues.rules.clocks import Deadlines, Limit, Limits, Share
from portal.worktime import OFFICE_HOURS, WorkingTime, calendar_from, hours_from
from tenants import clock
from tenants.db import db
from tenants.models import Setting
from tenants.vocabulary import Severity, Stage

WORKING_HOURS, CALENDAR = worktime.WORKING_HOURS, worktime.CALENDAR
OPEN = ("routed", "accepted")
_KEPT = "issues.clocks"


@dataclass(frozen=True, slots=True)
class Ground:
    """What every clock is read from."""
    limits: Limits
    time: WorkingTime


@dataclass(frozen=True, slots=True)
class Clocks:
    """An issue's clocks as they stand now. `fraction` of the time to resolve is used up (1.0: all of it); `due` is what has to
    happen next, by when; `shares` say whose time it was; while `waiting` the owner's share stands still."""
    respond_by: datetime
    resolve_by: datetime
    overdue: bool
    fraction: float
    shares: tuple[Share, ...]
    waiting_since: datetime | None
    due: datetime | None
    late_to_respond: bool
    late_to_resolve: bool
    continuous: bool

    @property
    def waiting(self) -> bool:
        return self.waiting_since is not None


def ground() -> Ground:
    """The limits and hours in force, read once a session."""
    found = db.session.info.get(_KEPT)
    if found is None:
        found = db.session.info[_KEPT] = Ground(_limits(), _working_time())
    return found


def forget() -> None:
    """After limits or hours were changed: read them anew."""
    db.session.info.pop(_KEPT, None)


def _limits() -> Limits:
    return rules.limits_from(map(limit_of, db.session.scalars(select(IssueLimit))))


def limit_of(row: IssueLimit) -> Limit:
    return Limit(Severity(row.severity), Stage(row.stage) if row.stage else None, timedelta(minutes=row.respond_minutes),
                 timedelta(minutes=row.resolve_minutes), row.continuous)


def _working_time() -> WorkingTime:
    named = Setting.name.in_((WORKING_HOURS, CALENDAR))
    kept = {row.name: row.value for row in db.session.scalars(select(Setting).where(named))}
    hours = hours_from(kept[WORKING_HOURS]["spans"]) if WORKING_HOURS in kept else OFFICE_HOURS
    zone = clock.local(clock.now()).tzinfo
    assert zone is not None                            # the portal's wall clock has one
    return WorkingTime(hours, calendar_from(kept.get(CALENDAR, {})), zone)


def deadlines(raised_at: datetime, severity: str, stage: str) -> Deadlines:
    """By when an issue of that kind has to be answered and solved."""
    on = ground()
    return rules.deadlines(raised_at, rules.limit_for(on.limits, Severity(severity), Stage(stage)), on.time)


def overdue(now: datetime) -> ColumnElement[bool]:
    """Issues of which something is late that is still to be done."""
    on = ground()
    kinds: dict[tuple[Severity, datetime, datetime], list[Stage]] = defaultdict(list)
    for cut in rules.cut_offs(now, on.limits, on.time):
        kinds[cut.severity, cut.respond, cut.resolve].append(cut.stage)
    late = [and_(Issue.severity == severity, Issue.stage.in_(stages),
                 or_(Issue.raised_at < resolve, and_(Issue.responded_at.is_(None), Issue.raised_at < respond)))
            for (severity, respond, resolve), stages in kinds.items()]
    return and_(Issue.state.in_(OPEN), or_(false(), *late))
