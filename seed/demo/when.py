"""The year's calendar as the story needs it: the present, when things began, and moments within working hours."""
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from portal.workdays import is_workday
from tenants import clock

ISSUE_DAY = (1, 8)                    # month and day on which a programme is issued …
HEAD_START = timedelta(days=16)       # … or so long before the present, where the year is younger than that


@dataclass(frozen=True, slots=True)
class When:
    """`filing_due` is the day by which plans are due; the story ends at `now`."""
    now: datetime
    year: int
    issued: datetime
    filing_due: date

    @property
    def today(self) -> date:
        return clock.local(self.now).date()

    @property
    def span(self) -> float:
        """Days since the programme was issued."""
        return (self.now - self.issued) / timedelta(days=1)

    @property
    def settled(self) -> bool:
        """The plans have been due for so long that nearly all are through."""
        return (self.today - self.filing_due).days >= 25

    def after_issue(self, days: float) -> datetime:
        return self.issued + timedelta(days=days)

    def ago(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    def in_office(self, moment: datetime, rng: Random, earliest: datetime | None = None) -> datetime:
        """About that moment, in working hours of a working day, after `earliest`. What is past stays past."""
        day = workday(clock.local(moment).date())
        if moment <= self.now and day >= self.today:
            day = workday_before(min(day, self.today))
        found = clock.at(day, rng.choice((9, 10, 11, 14, 15, 16)), rng.randrange(0, 60, 5))
        return found if earliest is None or found > earliest else earliest + timedelta(minutes=rng.randrange(20, 90))


def issue_moment(year: int, now: datetime) -> datetime:
    """Early in the year; in the days before it when the year has only begun."""
    day = min(date(year, *ISSUE_DAY), clock.local(now - HEAD_START).date())
    return clock.at(day, 9, 30)


def workday(day: date) -> date:
    """The day, or the first working day after it."""
    while not is_workday(day):
        day += timedelta(days=1)
    return day


def workday_before(day: date) -> date:
    day -= timedelta(days=1)
    while not is_workday(day):
        day -= timedelta(days=1)
    return day


def on_weekday(day: date, weekday: int, *, back: bool = False) -> date:
    """The nearest such weekday on or after the day, or on or before it."""
    ahead = (weekday - day.weekday()) % 7
    return day + timedelta(days=ahead - 7 if back and ahead else ahead)
