"""The rules of the exchange, and what a change of them does to issues that are under way. Pure.

A rehearsal compares two worlds: one with the rules in force, one with those proposed; people and issues are the same in both.
What differs between them is exactly what saving would change."""
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any
from uuid import UUID

from portal.issues.rules import clocks
from portal.issues.rules.clocks import Limit, Limits
from portal.workdays import Calendar
from portal.worktime import OFFICE_HOURS, SHANGHAI, Hours, WorkingTime
from tenants.messages import N_, Message
from tenants.vocabulary import Line, Role, Severity, Stage

Desk = tuple[int, Line]                                # a unit's desk of a line
Function = tuple[Role, Line | None]                    # a line's function with its line, any other without
Days = Mapping[date, bool]                             # of a day that is not as announced: whether it is worked
Served = Mapping[Desk, Line]                           # by which other line of the same unit a desk is served

LIMITS, HOURS, CALENDAR, DESKS = PARTS = ("limits", "hours", "calendar", "desks")
MOST_MINUTES = 60 * 24 * 365
MOST_PERIODS, MOST_DAYS = 4, 200
FIRST_YEAR, LAST_YEAR = 2020, 2100
_IN_PLACE = (Role.UNIT_CONTACT, Role.HQ_OFFICE, Role.UNIT_HEAD)       # who answers where a line has nobody, the first one first


@dataclass(frozen=True, slots=True)
class World:
    """What deadlines and desks follow from. `staff` are the functions in force today, by unit; none of a unit that is closed."""
    limits: Limits = field(default_factory=dict)
    hours: Hours = OFFICE_HOURS
    days: Days = field(default_factory=dict)
    served: Served = field(default_factory=dict)
    staff: Mapping[int, frozenset[Function]] = field(default_factory=dict)
    zone: tzinfo = SHANGHAI

    def time(self) -> WorkingTime:
        return WorkingTime(self.hours, Calendar(self.days), self.zone)


@dataclass(frozen=True, slots=True)
class Live:
    """An issue that somebody still has to answer or solve."""
    key: UUID
    code: str
    title: str
    unit: int
    line: Line
    severity: Severity
    stage: Stage
    raised_at: datetime
    responded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an issue stands in one of the worlds. Without `desk` nobody is there."""
    respond_by: datetime
    resolve_by: datetime
    overdue: bool
    desk: Function | None


@dataclass(frozen=True, slots=True)
class Change:
    """An issue that stands otherwise afterwards."""
    issue: Live
    before: Standing
    after: Standing

    @property
    def moves(self) -> bool:
        """Whether a deadline does."""
        return (self.before.respond_by, self.before.resolve_by) != (self.after.respond_by, self.after.resolve_by)

    @property
    def falls_due(self) -> bool:
        return self.after.overdue and not self.before.overdue

    @property
    def recovers(self) -> bool:
        return self.before.overdue and not self.after.overdue

    @property
    def passes_on(self) -> bool:
        """Whether somebody else answers for it."""
        return self.before.desk != self.after.desk


def answers(world: World, desk: Desk) -> Function | None:
    """Which function serves a desk: the owner of the line (of the line that serves it), else the unit's contact, else its head;
    at headquarters the line's lead, else the office. The same as the database's `app.desk`; a test holds the two together."""
    unit, line = desk
    there, line = world.staff.get(unit, frozenset()), world.served.get(desk, line)
    wanted: list[Function] = [(Role.LINE_OWNER, line), (Role.HQ_LINE_LEAD, line), *((role, None) for role in _IN_PLACE)]
    return next((function for function in wanted if function in there), None)


def differences(before: World, after: World, issues: Iterable[Live], now: datetime) -> list[Change]:
    """Every issue that stands otherwise after the change: what becomes overdue first, then by the new deadline."""
    was, will = before.time(), after.time()
    found = []
    for issue in issues:
        change = Change(issue, _standing(before, was, issue, now), _standing(after, will, issue, now))
        if change.before != change.after:
            found.append(change)
    return sorted(found, key=lambda c: (not c.falls_due, c.after.resolve_by, c.issue.code, c.issue.key))


def _standing(world: World, working: WorkingTime, issue: Live, now: datetime) -> Standing:
    due = clocks.deadlines(issue.raised_at, clocks.limit_for(world.limits, issue.severity, issue.stage), working)
    late = clocks.overdue(clocks.Times(issue.raised_at, issue.responded_at), due, now)
    return Standing(due.respond_by, due.resolve_by, late, answers(world, (issue.unit, issue.line)))


@dataclass(frozen=True, slots=True)
class Totals:
    """How many issues change in which way; one issue may count in several."""
    changed: int
    moved: int
    fall_due: int
    recover: int
    pass_on: int


def totals(changes: Sequence[Change]) -> Totals:
    return Totals(len(changes), sum(c.moves for c in changes), sum(c.falls_due for c in changes),
                  sum(c.recovers for c in changes), sum(c.passes_on for c in changes))


@dataclass(frozen=True, slots=True)
class DeskChange:
    """A desk that is served otherwise, and how many live issues lie there."""
    desk: Desk
    before: Function | None
    after: Function | None
    issues: int


def desk_changes(before: World, after: World, issues: Iterable[Live]) -> list[DeskChange]:
    lying: dict[Desk, int] = {}
    for issue in issues:
        desk = (issue.unit, issue.line)
        lying[desk] = lying.get(desk, 0) + 1
    touched = sorted(desk for desk in {*before.served, *after.served} if before.served.get(desk) != after.served.get(desk))
    found = (DeskChange(desk, answers(before, desk), answers(after, desk), lying.get(desk, 0)) for desk in touched)
    return [change for change in found if change.before != change.after]


def touches(part: str, before: World, after: World) -> tuple[set[tuple[Severity, Stage]], set[Desk]] | None:
    """Which kinds of issues, or desks, a change can concern at all; None for every issue."""
    if part == LIMITS:
        return {(severity, stage) for severity in Severity for stage in Stage
                if clocks.limit_for(before.limits, severity, stage) != clocks.limit_for(after.limits, severity, stage)}, set()
    if part == DESKS:
        return set(), {d for d in {*before.served, *after.served} if before.served.get(d) != after.served.get(d)}
    return None


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A desk whose line has nobody, and to whom it falls; None: to nobody either."""
    desk: Desk
    falls_to: Function | None


def vacancies(world: World, units: Iterable[int]) -> list[Vacancy]:
    """In the order of the units."""
    found = []
    for unit in units:
        for line in Line:
            serves = answers(world, (unit, line))
            if serves is None or serves[1] is None:
                found.append(Vacancy((unit, line), serves))
    return found


# --- what may be set -------------------------------------------------------------------------------------------------


def limit_faults(respond: int | None, resolve: int | None) -> dict[str, Message]:
    """By "respond" and "resolve"; None is what could not be read as a number."""
    found = {name: _NO_MINUTES for name, minutes in (("respond", respond), ("resolve", resolve))
             if minutes is None or not 0 < minutes <= MOST_MINUTES}
    if not found and respond is not None and resolve is not None and resolve < respond:
        found["resolve"] = N_("Not shorter than the time to accept.")
    return found


_NO_MINUTES = N_("A whole number of minutes, from 1 to %(most)s.", most=MOST_MINUTES)
NO_PERIODS = N_("From one to %(most)s periods a day.", most=MOST_PERIODS)
TOO_MANY_DAYS = N_("At most %(most)s days.", most=MOST_DAYS)
SAME_LINE = N_("Choose another line.")
NO_COMMON_LIMIT = N_("Every severity needs a limit for all stages: each issue has one.")


def common_missing(limits: Limits) -> list[Severity]:
    return [severity for severity in Severity if (severity, None) not in limits]


def hour_faults(periods: Sequence[tuple[time, time]]) -> dict[int, Message]:
    """By the place of the period whose end or beginning is wrong."""
    found = {n: N_("It ends before it begins.") for n, (begin, end) in enumerate(periods) if begin >= end}
    for n, (earlier, later) in enumerate(pairwise(periods), 1):
        if n not in found and earlier[1] >= later[0]:
            found[n] = N_("It begins before the period above has ended; put a rest between them, or join them.")
    return found


def day_fault(day: date) -> Message | None:
    if FIRST_YEAR <= day.year <= LAST_YEAR:
        return None
    return N_("A day of the years %(first)s to %(last)s.", first=FIRST_YEAR, last=LAST_YEAR)


def limit(severity: Severity, stage: Stage | None, respond: int, resolve: int, continuous: bool) -> Limit:
    """From whole minutes."""
    return Limit(severity, stage, timedelta(minutes=respond), timedelta(minutes=resolve), continuous)


def minutes(span: timedelta) -> int:
    return span // timedelta(minutes=1)


# --- what was shown is what is saved ---------------------------------------------------------------------------------

Written = Mapping[str, Any]


def written(part: str, world: World) -> Written:
    """One part of the rules as plain values, by what each is about: to be compared, shown and recorded."""
    if part == LIMITS:
        return {f"{severity}.{stage or ''}": [minutes(x.respond), minutes(x.resolve), x.continuous]
                for (severity, stage), x in sorted(world.limits.items(), key=lambda item: order(item[0]))}
    if part == HOURS:
        return {"spans": [[f"{begin:%H:%M}", f"{end:%H:%M}"] for begin, end in world.hours]}
    if part == CALENDAR:
        return {day.isoformat(): works for day, works in sorted(world.days.items())}
    return {f"{unit}.{line}": served.value for (unit, line), served in sorted(world.served.items())}


def order(key: tuple[Severity, Stage | None]) -> tuple[int, int]:
    """The gravest first, and of each severity the limit for all stages."""
    severity, stage = key
    return -list(Severity).index(severity), list(Stage).index(stage) if stage else -1


def fingerprint(part: str, world: World) -> str:
    """The same exactly for the same values of that part."""
    return hashlib.sha256(json.dumps([part, written(part, world)], sort_keys=True).encode()).hexdigest()


def steps(before: Written, after: Written) -> dict[str, tuple[Any, Any]]:
    """What changes in the rules themselves; None where there was, or is, nothing."""
    keys = [*before, *(key for key in after if key not in before)]
    return {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}
