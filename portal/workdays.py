"""The Chinese working calendar: public holidays and the weekend days that are worked to make up for them.

The days come from `chinesecalendar`, which knows a year once the State Council has announced it. For any other year
only Saturdays and Sundays count as days off; `known` says which of the two an answer rests on. Pure and fast: a count
of working days is two look-ups, however far apart the days are."""
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
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


def _exceptions() -> Iterator[tuple[int, int]]:
    """Day number and +1 (a worked weekend day) or -1 (a weekday off), where the calendar differs from the week."""
    for day in sorted(MAKE_UP_DAYS | HOLIDAYS):
        works = day in MAKE_UP_DAYS
        if known(day.year) and works != _weekday(day):
            yield day.toordinal(), 1 if works else -1


_SHIFTS = dict(_exceptions())
_DAYS = tuple(_SHIFTS)
_SUMS = (0, *accumulate(_SHIFTS.values()))


def _up_to(ordinal: int) -> int:
    """Working days from 0001-01-01, a Monday, up to and including day number `ordinal`."""
    weeks, rest = divmod(ordinal, 7)
    return weeks * 5 + min(rest, 5) + _SUMS[bisect_right(_DAYS, ordinal)]


def is_workday(day: date) -> bool:
    shift = _SHIFTS.get(day.toordinal())
    return _weekday(day) if shift is None else shift > 0


def workdays_between(start: date, end: date) -> int:
    """Working days from `start` to `end`, both included; 0 when `end` lies before `start`."""
    return max(0, _up_to(end.toordinal()) - _up_to(start.toordinal() - 1))


def workdays_left(today: date, due: date) -> int:
    """Working days after `today` up to and including `due`; 0 on the due day and past it."""
    return max(0, _up_to(due.toordinal()) - _up_to(today.toordinal()))


def add_workdays(day: date, count: int) -> date:
    """The `count`-th working day after `day`, or before it for a negative count; `day` itself, worked or not, for 0.

    Raises OverflowError beyond the years 1 to 9999."""
    if count == 0:
        return day
    ordinal = day.toordinal()
    wanted = (_up_to(ordinal) if count > 0 else _up_to(ordinal - 1) + 1) + count
    reach = abs(count) * 2 + 30                     # no run of days off is longer than a month
    low = max(0, ordinal - reach)
    found = low + bisect_left(range(low, ordinal + reach), wanted, key=_up_to)
    return day + timedelta(days=found - ordinal)
