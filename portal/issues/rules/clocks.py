"""When an issue is late, and on whose desk the time went. Pure; computed whenever it is read, stored nowhere.

Both clocks of an issue run from the moment it was raised and never restart, whoever owns it (plan, section 2: handing on
does not restart them; platform rules). What each owner took is told apart by its turns; while an owner waits for the
raiser its own share stands still, the overall clock does not."""
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.worktime import ALL_TIME, INSTANT, MINUTE, Time
from tenants.vocabulary import Line, Severity, Stage

_NONE = timedelta()


@dataclass(frozen=True, slots=True)
class Limit:
    """How long may pass until the owner responds and until it resolves, in minutes since the issue was raised: of working
    time, or around the clock where `continuous`. `stage` None means all that have no limit of their own."""
    severity: Severity
    stage: Stage | None
    respond_minutes: int
    resolve_minutes: int
    continuous: bool = False

    def time(self, working: Time) -> Time:
        """What this limit counts."""
        return ALL_TIME if self.continuous else working


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The last instants that are in time."""
    respond_by: datetime
    resolve_by: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an issue has come. `responded_at` is its first acceptance; `ended_at` when it was closed or withdrawn without
    being resolved, a merged one for example. A reopened issue is not resolved."""
    raised_at: datetime
    responded_at: datetime | None = None
    resolved_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def resolve_stopped(self) -> datetime | None:
        return _first(self.resolved_at, self.ended_at)

    @property
    def respond_stopped(self) -> datetime | None:
        return _first(self.responded_at, self.resolve_stopped)


def _first(*instants: datetime | None) -> datetime | None:
    return min((at for at in instants if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Overdue:
    """Which of the clocks is running past its deadline now; what was answered late is late, but no more overdue."""
    respond: bool
    resolve: bool

    def __bool__(self) -> bool:
        return self.respond or self.resolve


def limit_for(limits: Iterable[Limit], severity: Severity, stage: Stage) -> Limit | None:
    """The limit of the stage, else the one for all stages of that severity; None where nobody has set one."""
    fitting = {limit.stage: limit for limit in limits if limit.severity == severity}
    return fitting.get(stage) or fitting.get(None)


def deadlines(raised_at: datetime, limit: Limit, working: Time) -> Deadlines:
    time = limit.time(working)
    return Deadlines(time.add(raised_at, limit.respond_minutes), time.add(raised_at, limit.resolve_minutes))


def overdue(progress: Progress, due: Deadlines, now: datetime) -> Overdue:
    """In time until and including the very instant of the deadline."""
    return Overdue(respond=progress.respond_stopped is None and now > due.respond_by,
                   resolve=progress.resolve_stopped is None and now > due.resolve_by)


def late(progress: Progress, due: Deadlines, now: datetime) -> Overdue:
    """The same, with what was answered after its deadline; for looking back."""
    return Overdue(respond=(progress.respond_stopped or now) > due.respond_by,
                   resolve=(progress.resolve_stopped or now) > due.resolve_by)


@dataclass(frozen=True, slots=True)
class Cutoff:
    """An issue raised at this instant or before is overdue, unless it was responded to, or resolved."""
    respond: datetime
    resolve: datetime


def cutoffs(now: datetime, limits: Sequence[Limit], working: Time) -> Mapping[tuple[Severity, Stage], Cutoff]:
    """For each severity and stage that has a limit, what `overdue` says turned round, so that a database can filter by the
    stored instant of raising: its deadline lies before `now` exactly if it was raised at the cut-off or before."""
    found: dict[tuple[Severity, Stage], Cutoff] = {}
    counted: dict[Limit, Cutoff] = {}
    for severity in Severity:
        for stage in Stage:
            limit = limit_for(limits, severity, stage)
            if limit is not None:
                found[severity, stage] = counted.setdefault(limit, _cutoff(now, limit, working))
    return found


def _cutoff(now: datetime, limit: Limit, working: Time) -> Cutoff:
    time, before = limit.time(working), now - INSTANT
    return Cutoff(time.subtract(before, limit.respond_minutes), time.subtract(before, limit.resolve_minutes))


@dataclass(frozen=True, slots=True)
class Turn:
    """A desk's time as owner; without an end it is the owner now."""
    unit: int
    line: Line
    begun_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """While the owner waited for the raiser; without an end it still does."""
    begun_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What one desk took of the overall time in all its turns, and how long it waited for the raiser meanwhile."""
    unit: int
    line: Line
    worked: timedelta
    waited: timedelta

    @property
    def minutes(self) -> int:
        """The desk's own part, in whole minutes."""
        return self.worked // MINUTE


def shares(turns: Iterable[Turn], waits: Iterable[Wait], now: datetime, time: Time) -> tuple[Share, ...]:
    """Each desk's part, in the order of first turns. All parts and waits together are the overall time of the turns."""
    pauses = tuple(_merged(waits, now))
    found: dict[tuple[int, Line], tuple[timedelta, timedelta]] = {}
    for turn in turns:
        start, end = turn.begun_at, turn.ended_at or now
        waited = sum((time.worked(max(start, a), min(end, b)) for a, b in pauses if a < end and b > start), _NONE)
        worked_before, waited_before = found.get((turn.unit, turn.line), (_NONE, _NONE))
        found[turn.unit, turn.line] = worked_before + time.worked(start, end) - waited, waited_before + waited
    return tuple(Share(unit, line, worked, waited) for (unit, line), (worked, waited) in found.items())


def _merged(waits: Iterable[Wait], now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The waits as stretches that do not overlap."""
    last: tuple[datetime, datetime] | None = None
    for start, end in sorted((w.begun_at, w.ended_at or now) for w in waits):
        if last and start <= last[1]:
            last = last[0], max(last[1], end)
            continue
        if last:
            yield last
        last = start, end
    if last:
        yield last


def fraction(start: datetime, stopped: datetime | None, minutes: int, now: datetime, time: Time) -> float:
    """How much of a limit of so many minutes is used up, from 0 to 1 for a bar: all of it from the deadline on."""
    return min(1.0, max(0.0, time.worked(start, stopped or now) / (minutes * MINUTE)))
