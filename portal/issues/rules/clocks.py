"""How long an issue may take, and whose time it takes. Pure; computed when read, never stored.

The overall clock runs from the moment an issue is raised until it is solved, whoever owns it: handing it on never restarts
it. Each owner has a share, which rests while the owner waits for the raiser's answer (platform rules)."""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.worktime import WorkingTime
from tenants.vocabulary import Severity, Stage


@dataclass(frozen=True, slots=True)
class Limit:
    """Working time to respond (accept) and to resolve, or time around the clock where `continuous`."""
    severity: Severity
    stage: Stage | None
    respond: timedelta
    resolve: timedelta
    continuous: bool = False


Limits = Mapping[tuple[Severity, Stage | None], Limit]


def limits_from(found: Iterable[Limit]) -> Limits:
    return {(limit.severity, limit.stage): limit for limit in found}


_WITHOUT_DATA = {Severity.CRITICAL: (1, 8), Severity.HIGH: (2, 16), Severity.MEDIUM: (4, 40), Severity.LOW: (8, 80)}     # hours


def limit_for(limits: Limits, severity: Severity, stage: Stage) -> Limit:
    """The limit of the stage, else the severity's own. An issue has a limit whatever the data lack: the last resort is one in
    working hours."""
    found = limits.get((severity, stage)) or limits.get((severity, None))
    if found is not None:
        return found
    respond, resolve = _WITHOUT_DATA[severity]
    return Limit(severity, None, timedelta(hours=respond), timedelta(hours=resolve))


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Both from the moment of raising."""
    respond_by: datetime
    resolve_by: datetime


def deadlines(raised_at: datetime, limit: Limit, time: WorkingTime) -> Deadlines:
    if limit.continuous:
        return Deadlines(raised_at + limit.respond, raised_at + limit.resolve)
    return Deadlines(time.add(raised_at, limit.respond), time.add(raised_at, limit.resolve))


@dataclass(frozen=True, slots=True)
class Times:
    """When what happened; `responded_at` is the first acceptance, `resolved_at` the solution that stands, `ended_at` when the
    issue was closed or withdrawn."""
    raised_at: datetime
    responded_at: datetime | None = None
    resolved_at: datetime | None = None
    ended_at: datetime | None = None


def late_to_respond(times: Times, due: Deadlines, now: datetime) -> bool:
    return (times.responded_at or times.ended_at or now) > due.respond_by


def late_to_resolve(times: Times, due: Deadlines, now: datetime) -> bool:
    return (times.resolved_at or times.ended_at or now) > due.resolve_by


def overdue(times: Times, due: Deadlines, now: datetime) -> bool:
    """Whether something is late now that is still to be done. What is solved or has ended is not overdue any more."""
    if times.resolved_at or times.ended_at:
        return False
    return now > due.resolve_by or (times.responded_at is None and now > due.respond_by)


def next_due(times: Times, due: Deadlines) -> datetime | None:
    """What has to happen next, by when: an answer, then a solution; None when there is neither any more."""
    if times.resolved_at or times.ended_at:
        return None
    return due.resolve_by if times.responded_at else due.respond_by


def used(times: Times, due: Deadlines, limit: Limit, time: WorkingTime, now: datetime) -> float:
    """The share of the time to resolve that is used up: 0.0 when raised, 1.0 when due, more when late."""
    end = times.resolved_at or times.ended_at or now
    return spent(times.raised_at, end, limit, time) / limit.resolve


def spent(start: datetime, end: datetime, limit: Limit, time: WorkingTime) -> timedelta:
    """The time from one instant to the other as the limit counts it."""
    return max(timedelta(0), end - start) if limit.continuous else time.between(start, end)


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant to another; open while `end` is None."""
    begin: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One desk's time as owner. `desk` is whatever tells desks apart."""
    desk: tuple[int, str]
    span: Span


@dataclass(frozen=True, slots=True)
class Share:
    """How long a desk had the issue, in all its turns: `own` its own time, `waiting` for the raiser."""
    desk: tuple[int, str]
    own: timedelta
    waiting: timedelta


def shares(turns: Sequence[Turn], waits: Sequence[Span], end: datetime, limit: Limit, time: WorkingTime) -> list[Share]:
    """Each desk's share up to `end` (now, or when it was solved), in the order of its first turn. Own and waiting time of all
    desks together are the overall time, since turns follow one another without a gap."""
    found: dict[tuple[int, str], tuple[timedelta, timedelta]] = {}
    for turn in turns:
        begin, stop = turn.span.begin, min(turn.span.end or end, end)
        waiting = sum((spent(max(w.begin, begin), min(w.end or end, stop), limit, time) for w in waits), timedelta(0))
        own, before = found.get(turn.desk, (timedelta(0), timedelta(0)))
        found[turn.desk] = (own + spent(begin, stop, limit, time) - waiting, before + waiting)
    return [Share(desk, own, waiting) for desk, (own, waiting) in found.items()]


@dataclass(frozen=True, slots=True)
class CutOff:
    """An issue of that severity and stage is late to respond, or to resolve, exactly if it was raised before these."""
    severity: Severity
    stage: Stage
    respond: datetime
    resolve: datetime


def cut_offs(now: datetime, limits: Limits, time: WorkingTime) -> list[CutOff]:
    """The deadlines turned around, so that a database can find what is overdue without knowing the calendar."""
    return [CutOff(severity, stage, _cut_off(now, limit.respond, limit, time), _cut_off(now, limit.resolve, limit, time))
            for severity in Severity for stage in Stage for limit in [limit_for(limits, severity, stage)]]


def _cut_off(now: datetime, span: timedelta, limit: Limit, time: WorkingTime) -> datetime:
    return now - span if limit.continuous else time.passed_before(now, span)
