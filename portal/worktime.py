"""Working time: instants and spans counted only while people work. Pure; wall-clock hours in one time zone.

Every instant has a place on an axis that stands still outside working hours. `add` and `between` are steps on that axis,
so they are as fast for a year as for an hour. Counted in whole microseconds: nothing is lost to rounding."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

from portal.workdays import STANDARD, Calendar

Hours = tuple[tuple[time, time], ...]
OFFICE_HOURS: Hours = ((time(8, 30), time(12)), (time(14), time(18)))
SHANGHAI = ZoneInfo("Asia/Shanghai")
WORKING_HOURS, CALENDAR = "working_hours", "calendar_exceptions"       # the settings that keep them
_TICK = timedelta(microseconds=1)


def hours_from(pairs: Sequence[Sequence[str]]) -> Hours:
    """Periods as kept in a setting, "HH:MM" each. Raises ValueError unless they rise within one day without touching."""
    found = tuple((time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in pairs)
    edges = [edge for period in found for edge in period]
    if not found or any(a >= b for a, b in pairwise(edges)):
        raise ValueError("working hours must be periods that follow one another within a day")
    return found


def calendar_from(exceptions: Mapping[str, bool]) -> Calendar:
    """The announced calendar with exceptions as kept in a setting, ISO dates each worked or not. Raises ValueError."""
    found = {date.fromisoformat(day): bool(works) for day, works in exceptions.items()}
    return Calendar(found) if found else STANDARD


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """When people work: `hours` on each working day of the `calendar`, on the wall clock of `zone`."""
    hours: Hours = OFFICE_HOURS
    calendar: Calendar = STANDARD
    zone: tzinfo = SHANGHAI

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`, both aware; nothing when `end` lies before `start`."""
        return max(timedelta(0), (self._place(end) - self._place(start)) * _TICK)

    def add(self, start: datetime, span: timedelta) -> datetime:
        """The earliest instant by which `span` of working time has passed since `start`: at the end of a day, that end."""
        wanted = self._place(start) + span // _TICK
        return max(start, self._earliest(wanted)) if span > timedelta(0) else start

    def passed_before(self, now: datetime, span: timedelta) -> datetime:
        """The cut-off: `add(instant, span)` lies before `now` exactly for instants before it, with a `span` above nothing."""
        here = self._place(now)
        wanted = here - span // _TICK
        standing_still = self._earliest(here) < now
        return self._latest(wanted) + _TICK if standing_still else self._earliest(wanted)

    @property
    def _day(self) -> int:
        return sum(_ticks(end) - _ticks(begin) for begin, end in self.hours)

    def _place(self, instant: datetime) -> int:
        """Microseconds of working time since the calendar's beginning."""
        wall = instant.astimezone(self.zone)
        before = self.calendar.up_to(wall.toordinal() - 1) * self._day
        if not self.calendar.is_workday(wall.date()):
            return before
        at = _ticks(wall.timetz().replace(tzinfo=None))
        return before + sum(max(0, min(at, _ticks(end)) - _ticks(begin)) for begin, end in self.hours)

    def _earliest(self, place: int) -> datetime:
        """The first instant at that place: the end of a period rather than the beginning of the next."""
        days, rest = divmod(place - 1, self._day)
        rest += 1
        for begin, end in self.hours:
            length = _ticks(end) - _ticks(begin)
            if rest <= length:
                return self._at(days + 1, _ticks(begin) + rest)
            rest -= length
        raise AssertionError("a rest within the day lies in one of its periods")

    def _latest(self, place: int) -> datetime:
        """The last instant at that place: the beginning of a period rather than the end of the one before."""
        days, rest = divmod(place, self._day)
        for begin, end in self.hours:
            length = _ticks(end) - _ticks(begin)
            if rest < length:
                return self._at(days + 1, _ticks(begin) + rest)
            rest -= length
        raise AssertionError("a rest within the day lies in one of its periods")

    def _at(self, day: int, ticks: int) -> datetime:
        return datetime.combine(self.calendar.numbered(day), time(0), self.zone) + ticks * _TICK


def _ticks(at: time) -> int:
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond
