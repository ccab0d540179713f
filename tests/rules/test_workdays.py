"""The working calendar: against `chinesecalendar` where that knows the year, else against plain weekdays."""
from datetime import date, timedelta
from itertools import count

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.workdays import FIRST_KNOWN, LAST_KNOWN, add_workdays, is_workday, known, workdays_between, workdays_left

KNOWN_DAYS = st.dates(date(FIRST_KNOWN, 1, 1), date(LAST_KNOWN, 12, 31))
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


def plainly(start: date, end: date) -> int:
    return sum(is_workday(start + timedelta(days=n)) for n in range((end - start).days + 1))


@given(KNOWN_DAYS)
def test_a_day_is_worked_as_the_calendar_says(day: date) -> None:
    assert is_workday(day) == chinese_calendar.is_workday(day)


def test_every_known_day_agrees() -> None:
    days = [date(FIRST_KNOWN, 1, 1) + timedelta(days=n) for n in range((LAST_KNOWN - FIRST_KNOWN + 1) * 365)]
    assert [d for d in days if is_workday(d) != chinese_calendar.is_workday(d)] == []


@pytest.mark.parametrize(("day", "worked"), [
    (date(2020, 1, 19), True),      # Sunday, made up for Spring Festival
    (date(2020, 1, 24), False),     # New Year's Eve, a Friday
    (date(2020, 1, 31), False),     # the holiday as prolonged that year
    (date(2020, 2, 3), True),
    (date(2020, 4, 26), True),      # Sunday, made up for Labour Day
    (date(2020, 10, 1), False),
    (date(2026, 2, 14), True),      # Saturday before Spring Festival
    (date(2026, 2, 17), False),
    (date(2026, 10, 10), True),     # Saturday after the National Day week
    (date(2026, 11, 21), False),    # an ordinary Saturday
    (date(2026, 11, 23), True),     # an ordinary Monday
])
def test_festivals_and_make_up_days(day: date, worked: bool) -> None:
    assert is_workday(day) is worked


@given(DAYS.filter(lambda d: not known(d.year)))
def test_an_unknown_year_has_plain_weekdays(day: date) -> None:
    assert is_workday(day) == (day.weekday() < 5)


def test_known_says_on_what_the_answer_rests() -> None:
    assert known(2020) and known(2026)
    assert not known(FIRST_KNOWN - 1) and not known(LAST_KNOWN + 1)


@given(DAYS, st.integers(0, 800))
def test_a_count_is_the_sum_of_its_days(start: date, span: int) -> None:
    end = start + timedelta(days=span)
    assert workdays_between(start, end) == plainly(start, end)


@given(KNOWN_DAYS, st.integers(0, 200))
def test_a_count_agrees_with_the_library(start: date, span: int) -> None:
    end = min(start + timedelta(days=span), date(LAST_KNOWN, 12, 31))
    assert workdays_between(start, end) == len(chinese_calendar.get_workdays(start, end))


@given(DAYS, DAYS, DAYS)
def test_counts_add_up(one: date, two: date, three: date) -> None:
    start, middle, end = sorted((one, two, three))
    assert workdays_between(start, middle) + workdays_left(middle, end) == workdays_between(start, end)


@given(DAYS, st.integers(1, 400))
def test_nothing_is_left_or_between_once_it_is_past(day: date, span: int) -> None:
    earlier = day - timedelta(days=span)
    assert workdays_between(day, earlier) == 0
    assert workdays_left(day, earlier) == 0
    assert workdays_left(day, day) == 0


def test_left_counts_from_tomorrow_to_the_due_day() -> None:
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    assert workdays_left(friday, monday) == 1
    assert workdays_left(date(2026, 11, 21), monday) == 1
    assert workdays_left(monday, monday) == 0


@given(DAYS, st.integers(1, 300))
def test_adding_lands_on_the_nth_working_day(day: date, n: int) -> None:
    later = add_workdays(day, n)
    assert is_workday(later) and workdays_left(day, later) == n
    earlier = add_workdays(day, -n)
    assert is_workday(earlier) and workdays_between(earlier, day - timedelta(days=1)) == n


@given(DAYS)
def test_adding_nothing_stays(day: date) -> None:
    assert add_workdays(day, 0) == day


@given(DAYS.filter(is_workday), st.integers(-300, 300))
def test_adding_and_taking_away_returns(day: date, n: int) -> None:
    assert add_workdays(add_workdays(day, n), -n) == day


def test_over_spring_festival() -> None:
    before = date(2026, 2, 14)
    assert add_workdays(before, 1) == next(d for k in count(1) if is_workday(d := before + timedelta(days=k)))
    assert add_workdays(before, 1) == date(2026, 2, 24)


def test_the_ends_of_time() -> None:
    assert workdays_between(date.min, date.max) > 2_600_000
    with pytest.raises(OverflowError):
        add_workdays(date.max, 1)
