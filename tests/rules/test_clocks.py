"""Working time and the clocks of an issue: across Spring Festival and make-up days, and what holds for any two instants."""
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.issues.rules.clocks import (
    CutOff,
    Limit,
    Span,
    Times,
    Turn,
    cut_offs,
    deadlines,
    limit_for,
    limits_from,
    next_due,
    overdue,
    shares,
    spent,
    used,
)
from portal.workdays import Calendar
from portal.worktime import WorkingTime, calendar_from, hours_from
from tenants.vocabulary import Severity, Stage

SHANGHAI = ZoneInfo("Asia/Shanghai")
TIME = WorkingTime()                                          # 8:30–12:00 and 14:00–18:00
H, M = timedelta(hours=1), timedelta(minutes=1)
MONTHS = st.datetimes(datetime(2025, 11, 1), datetime(2026, 12, 31), timezones=st.just(SHANGHAI))
SPANS = st.timedeltas(timedelta(microseconds=1), timedelta(hours=90))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(("start", "hours", "end"), [
    ("2026-03-10 10:00", 1, "2026-03-10 11:00"),
    ("2026-03-10 11:00", 2, "2026-03-10 15:00"),              # over noon
    ("2026-03-10 12:00", 1, "2026-03-10 15:00"), ("2026-03-10 13:00", 1, "2026-03-10 15:00"),
    ("2026-03-10 17:00", 1, "2026-03-10 18:00"),              # the end of a day rather than the next morning
    ("2026-03-13 17:00", 2, "2026-03-16 09:30"),              # over a weekend
    ("2026-03-14 12:00", 7.5, "2026-03-16 18:00"),            # raised on a Saturday
    ("2026-02-13 17:00", 2, "2026-02-14 09:30"),              # a Saturday worked before Spring Festival
    ("2026-02-14 17:00", 2, "2026-02-24 09:30"),              # Spring Festival itself: nine days that do not count
    ("2026-02-17 03:00", 7.5, "2026-02-24 18:00"),            # raised in the middle of it
    ("2026-09-30 17:30", 1, "2026-10-08 09:00"),              # National Day; the Saturday after it is worked
    ("2026-10-09 18:00", 0.5, "2026-10-10 09:00"),
])
def test_what_people_expect(start: str, hours: float, end: str) -> None:
    assert TIME.add(at(start), hours * H) == at(end)
    assert TIME.between(at(start), at(end)) == hours * H


def test_exceptions_and_hours_are_data() -> None:
    closed = WorkingTime(hours_from([["09:00", "17:00"]]), calendar_from({"2027-02-08": False, "2027-02-07": True}))
    assert closed.add(at("2027-02-06 12:00"), 9 * H) == at("2027-02-09 10:00")          # Sunday worked, Monday off
    assert closed.between(at("2027-02-07 00:00"), at("2027-02-08 00:00")) == 8 * H
    for wrong in ([], [["12:00", "09:00"]], [["08:00", "12:00"], ["12:00", "18:00"]], [["25:00", "26:00"]]):
        with pytest.raises(ValueError):
            hours_from(wrong)
    with pytest.raises(ValueError):
        calendar_from({"soon": True})


@given(MONTHS, SPANS)
def test_adding_and_counting_are_inverse(start: datetime, span: timedelta) -> None:
    end = TIME.add(start, span)
    assert TIME.between(start, end) == span and end >= start
    assert TIME.between(start, end - timedelta(microseconds=1)) < span                  # not a moment later than needed


@given(MONTHS, MONTHS, MONTHS)
def test_counting_is_a_sum_that_never_falls(a: datetime, b: datetime, c: datetime) -> None:
    first, second, third = sorted((a, b, c))
    assert TIME.between(first, second) + TIME.between(second, third) == TIME.between(first, third)
    assert timedelta(0) <= TIME.between(first, second) <= second - first and TIME.between(second, first) == timedelta(0)


@given(MONTHS, MONTHS, SPANS)
def test_a_cut_off_is_the_deadline_turned_around(raised: datetime, now: datetime, span: timedelta) -> None:
    assert (TIME.add(raised, span) < now) is (raised < TIME.passed_before(now, span))
    edge = TIME.passed_before(now, span)
    assert TIME.add(edge - timedelta(microseconds=1), span) < now <= TIME.add(edge, span)


@given(MONTHS, st.lists(st.dates(date(2025, 11, 1), date(2026, 12, 31)), max_size=9), st.booleans(), SPANS)
def test_any_calendar_will_do(start: datetime, days: list[date], works: bool, span: timedelta) -> None:
    mine = WorkingTime(((time(9), time(17)),), Calendar(dict.fromkeys(days, works)))
    assert mine.between(start, mine.add(start, span)) == span


NORMAL = Limit(Severity.HIGH, None, 2 * H, 16 * H)
URGENT = Limit(Severity.CRITICAL, None, H, 8 * H, continuous=True)
BILLING = Limit(Severity.HIGH, Stage.BILLING, H, 8 * H)
LIMITS = limits_from([NORMAL, URGENT, BILLING, Limit(Severity.LOW, None, 8 * H, 80 * H),
                      Limit(Severity.MEDIUM, None, 4 * H, 40 * H)])


def test_the_limit_of_the_stage_goes_before_the_common_one() -> None:
    assert limit_for(LIMITS, Severity.HIGH, Stage.BILLING) is BILLING and limit_for(LIMITS, Severity.HIGH, Stage.LAUNCH) is NORMAL
    for severity in Severity:                                 # whatever the data lack, an issue has a limit
        assert timedelta(0) < limit_for({}, severity, Stage.OTHER).respond < limit_for({}, severity, Stage.OTHER).resolve


def test_deadlines_run_from_the_raising_in_working_time_or_around_the_clock() -> None:
    friday = at("2026-03-13 17:30")
    assert deadlines(friday, NORMAL, TIME).respond_by == at("2026-03-16 10:00")
    assert deadlines(friday, URGENT, TIME).resolve_by == at("2026-03-14 01:30")


@pytest.mark.parametrize(("responded", "resolved", "now", "late", "due"), [
    (None, None, "2026-03-10 12:00", False, "respond"), (None, None, "2026-03-10 12:01", True, "respond"),
    ("2026-03-10 11:00", None, "2026-03-11 09:00", False, "resolve"),
    ("2026-03-10 11:00", None, "2026-03-12 11:31", True, "resolve"),
    ("2026-03-11 11:00", None, "2026-03-11 12:00", False, "resolve"),          # answered late: what is to be done now is not
    ("2026-03-10 11:00", "2026-03-20 11:00", "2026-03-25 11:00", False, None)])
def test_overdue_is_what_is_still_to_be_done(responded: str | None, resolved: str | None, now: str, late: bool,
                                             due: str | None) -> None:
    raised = at("2026-03-10 10:00")
    times = Times(raised, at(responded) if responded else None, at(resolved) if resolved else None)
    by = deadlines(raised, NORMAL, TIME)
    assert by.respond_by == at("2026-03-10 12:00") and by.resolve_by == at("2026-03-12 11:00")
    assert overdue(times, by, at(now)) is late
    assert next_due(times, by) == {"respond": by.respond_by, "resolve": by.resolve_by, None: None}[due]


def up_to(days: int) -> st.SearchStrategy[timedelta]:
    return st.timedeltas(timedelta(0), timedelta(days=days))


@given(st.lists(up_to(5), min_size=1, max_size=8), st.lists(st.tuples(up_to(20), up_to(3)), max_size=4),
       st.sampled_from([NORMAL, URGENT]))
def test_shares_and_waiting_are_the_whole_time(lengths: list[timedelta], pauses: list[tuple[timedelta, timedelta]],
                                               limit: Limit) -> None:
    begin = at("2026-02-10 09:00")
    turns, here = [], begin
    for number, length in enumerate(lengths):
        turns.append(Turn((number % 3, "market"), Span(here, here + length)))
        here += length
    waits, free = [], begin
    for gap, length in pauses:                                                   # one question at a time
        waits.append(Span(free + gap, free + gap + length))
        free += gap + length
    found = shares(turns, waits, here, limit, TIME)
    assert sum((s.own + s.waiting for s in found), timedelta(0)) == spent(begin, here, limit, TIME)
    assert all(s.own >= timedelta(0) and s.waiting >= timedelta(0) for s in found) and len(found) == min(3, len(lengths))


def test_waiting_rests_the_owner_but_not_the_clock() -> None:
    raised = at("2026-03-10 10:00")
    turn, wait = Turn((36, "market"), Span(raised)), Span(at("2026-03-10 11:00"))
    now = at("2026-03-10 16:00")
    (share,) = shares([turn], [wait], now, NORMAL, TIME)
    assert (share.own, share.waiting) == (H, 3 * H)
    assert used(Times(raised), deadlines(raised, NORMAL, TIME), NORMAL, TIME, now) == 4 / 16


@given(MONTHS, MONTHS, st.sampled_from([*Severity]), st.sampled_from([*Stage]), st.booleans())
def test_the_database_finds_what_the_clock_says(raised: datetime, now: datetime, severity: Severity, stage: Stage,
                                                answered: bool) -> None:
    cut: CutOff = next(c for c in cut_offs(now, LIMITS, TIME) if (c.severity, c.stage) == (severity, stage))
    by = deadlines(raised, limit_for(LIMITS, severity, stage), TIME)
    times = Times(raised, raised if answered else None)
    assert overdue(times, by, now) is (raised < cut.resolve or (not answered and raised < cut.respond))


def test_another_zone_counts_on_its_own_wall() -> None:
    utc = WorkingTime(((time(9), time(17)),), zone=UTC)
    assert utc.add(datetime(2026, 3, 10, 16, tzinfo=UTC), 2 * H) == datetime(2026, 3, 11, 10, tzinfo=UTC)
