"""The Chinese working calendar: public holidays and the weekend days that are worked to make up for them.

The days come from `chinesecalendar`, which knows a year once the State Council has announced it. For any other year
only Saturdays and Sundays count as days off; `known` says which of the two an answer rests on. Pure and fast: a count
of working days is two look-ups, however far apart the days are."""
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import accumulate

from chinese_calendar import constants

HOLIDAYS: frozenset[date] = frozenset(constants.holidays)
MAKE_UP_DAYS: frozenset[date] = frozenset(constants.workdays)
FIRST_KNOWN = min(HOLIDAYS).year
LAST_KNOWN = max(HOLIDAYS).year


def known(year: int) -> bool:
    """Whether the year's public holidays are in the calendar; else its weekdays are taken for working days."""
    return FIRST_KNOWN <= year <= LAST_KNOWN


def _weekday(day: date) -> bool:
    return day.weekday() < 5


def _announced() -> Iterator[tuple[date, bool]]:
    """The announced days that differ from their week: worked or not."""
    for day in MAKE_UP_DAYS | HOLIDAYS:
        works = day in MAKE_UP_DAYS
        if known(day.year) and works != _weekday(day):
            yield day, works


class Calendar:
    """The announced calendar, with exceptions of one's own: `exceptions` say of a day whether it is worked, where that is
    not yet announced or a company does otherwise."""

    def __init__(self, exceptions: Mapping[date, bool] | None = None) -> None:
        differing = {**dict(_announced()), **(exceptions or {})}
        self._shifts = {day.toordinal(): 1 if works else -1 for day, works in sorted(differing.items()) if works != _weekday(day)}
        self._days = tuple(self._shifts)
        self._sums = (0, *accumulate(self._shifts.values()))

    def up_to(self, ordinal: int) -> int:
        """Working days from 0001-01-01, a Monday, up to and including day number `ordinal`."""
        weeks, rest = divmod(ordinal, 7)
        return weeks * 5 + min(rest, 5) + self._sums[bisect_right(self._days, ordinal)]

    def numbered(self, number: int) -> date:
        """The working day that is the `number`-th since 0001-01-01."""
        low = max(1, number * 7 // 5 - len(self._days) * 2 - 30)
        high = number * 7 // 5 + len(self._days) * 2 + 30
        return date.fromordinal(low + bisect_left(range(low, high), number, key=self.up_to))

    def is_workday(self, day: date) -> bool:
        shift = self._shifts.get(day.toordinal())
        return _weekday(day) if shift is None else shift > 0

    def between(self, start: date, end: date) -> int:
        """Working days from `start` to `end`, both included; 0 when `end` lies before `start`."""
        return max(0, self.up_to(end.toordinal()) - self.up_to(start.toordinal() - 1))

    def left(self, today: date, due: date) -> int:
        """Working days after `today` up to and including `due`; 0 on the due day and past it."""
        return max(0, self.up_to(due.toordinal()) - self.up_to(today.toordinal()))

    def add(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`, or before it for a negative count; `day` itself, worked or not, for 0.

        Raises OverflowError beyond the years 1 to 9999."""
        if count == 0:
            return day
        ordinal = day.toordinal()
        wanted = (self.up_to(ordinal) if count > 0 else self.up_to(ordinal - 1) + 1) + count
        reach = abs(count) * 2 + 30                     # no run of days off is longer than a month
        low = max(0, ordinal - reach)
        found = low + bisect_left(range(low, ordinal + reach), wanted, key=self.up_to)
        return day + timedelta(days=found - ordinal)


STANDARD = Calendar()
is_workday = STANDARD.is_workday
workdays_between = STANDARD.between
workdays_left = STANDARD.left
add_workdays = STANDARD.add
