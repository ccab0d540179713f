"""What a change of rules does to issues under way: nothing where nothing changes, and else exactly what the clocks say."""
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.exchange.rules import (
    CALENDAR,
    DESKS,
    HOURS,
    LIMITS,
    PARTS,
    Days,
    Function,
    Live,
    World,
    answers,
    common_missing,
    desk_changes,
    differences,
    fingerprint,
    hour_faults,
    limit,
    limit_faults,
    minutes,
    steps,
    totals,
    touches,
    vacancies,
    written,
)
from portal.issues.rules import clocks
from portal.issues.rules.clocks import Limit
from tenants.vocabulary import Line, Role, Severity, Stage

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
UNITS = (1, 2, 3)
OFFICE = ((time(8, 30), time(12)), (time(14), time(18)))
EARLY = ((time(7), time(11)), (time(12), time(15)))
FUNCTIONS: tuple[Function, ...] = (
    (Role.UNIT_CONTACT, None), (Role.UNIT_HEAD, None), (Role.HQ_OFFICE, None), *((Role.LINE_OWNER, line) for line in Line),
    *((Role.HQ_LINE_LEAD, line) for line in Line))


@st.composite
def limits(draw: st.DrawFn) -> Mapping[tuple[Severity, Stage | None], Limit]:
    """Each severity has its own; some stages too."""
    def one(severity: Severity, stage: Stage | None) -> Limit:
        respond = draw(st.integers(1, 600))
        return limit(severity, stage, respond, respond + draw(st.integers(0, 6000)), draw(st.booleans()))
    keys: list[tuple[Severity, Stage | None]] = [(severity, None) for severity in Severity]
    keys += draw(st.lists(st.tuples(st.sampled_from(Severity), st.sampled_from(Stage)), max_size=4, unique=True))
    return {key: one(*key) for key in keys}


DESK = st.tuples(st.sampled_from(UNITS), st.sampled_from(Line))
WORLDS = st.builds(
    World, limits=limits(), hours=st.sampled_from((OFFICE, EARLY)),
    days=st.dictionaries(st.dates(date(2026, 2, 1), date(2026, 4, 30)), st.booleans(), max_size=5),
    served=st.dictionaries(DESK, st.sampled_from(Line), max_size=5).map(lambda d: {k: v for k, v in d.items() if k[1] != v}),
    staff=st.dictionaries(st.sampled_from(UNITS), st.frozensets(st.sampled_from(FUNCTIONS), max_size=6)))
RAISED = st.datetimes(datetime(2026, 1, 5), datetime(2026, 3, 10), timezones=st.just(UTC))
ISSUES = st.lists(st.builds(
    Live, key=st.uuids(version=4), code=st.text("abc", min_size=1, max_size=3), title=st.just("x"), unit=st.sampled_from(UNITS),
    line=st.sampled_from(Line), severity=st.sampled_from(Severity), stage=st.sampled_from(Stage), raised_at=RAISED,
    responded_at=st.none() | st.just(NOW - timedelta(hours=1))), max_size=8)


@given(WORLDS, ISSUES)
def test_where_no_rule_changes_no_issue_does(world: World, issues: list[Live]) -> None:
    assert differences(world, replace(world), issues, NOW) == []
    assert desk_changes(world, world, issues) == []


@given(WORLDS, WORLDS, ISSUES)
def test_what_is_told_is_what_the_clocks_say_of_each_world(before: World, after: World, issues: list[Live]) -> None:
    after = replace(after, staff=before.staff)
    told = {c.issue.key: c for c in differences(before, after, issues, NOW)}
    assert len(told) <= len(issues) and totals(list(told.values())).changed == len(told)
    for issue in issues:
        was, will = (_due(world, issue) for world in (before, after))
        desk = (issue.unit, issue.line)
        same = was == will and answers(before, desk) == answers(after, desk)
        assert (issue.key in told) is not same
        if issue.key in told:
            change = told[issue.key]
            assert (change.before.respond_by, change.before.resolve_by) == (was.respond_by, was.resolve_by)
            assert (change.after.respond_by, change.after.resolve_by) == (will.respond_by, will.resolve_by)
            late = will.resolve_by < NOW or (issue.responded_at is None and will.respond_by < NOW)
            assert change.after.overdue is late and not (change.falls_due and change.recovers)


def _due(world: World, issue: Live) -> clocks.Deadlines:
    return clocks.deadlines(issue.raised_at, clocks.limit_for(world.limits, issue.severity, issue.stage), world.time())


@given(WORLDS, WORLDS, ISSUES, st.sampled_from((LIMITS, DESKS)))
def test_issues_beyond_what_a_part_touches_stay(before: World, other: World, issues: list[Live], part: str) -> None:
    after = replace(before, limits=other.limits) if part == LIMITS else replace(before, served=other.served)
    touched = touches(part, before, after)
    assert touched is not None and touches(HOURS, before, after) is None is touches(CALENDAR, before, after)
    kinds, desks = touched
    for change in differences(before, after, issues, NOW):
        i = change.issue
        assert (i.severity, i.stage) in kinds or (i.unit, i.line) in desks
        assert change.passes_on is (part == DESKS) and change.moves is (part == LIMITS)


@given(WORLDS, WORLDS)
def test_a_fingerprint_is_of_the_values(one: World, other: World) -> None:
    for part in PARTS:
        same = written(part, one) == written(part, other)
        assert (fingerprint(part, one) == fingerprint(part, other)) is same
        assert (not steps(written(part, one), written(part, other))) is same


def test_a_shorter_limit_makes_overdue_and_a_longer_one_forgives() -> None:
    before = World(limits={(Severity.HIGH, None): limit(Severity.HIGH, None, 120, 960, False)})
    issue = Live(UUID(int=1), "Q-1", "x", 1, Line.MARKET, Severity.HIGH, Stage.OTHER, NOW - timedelta(hours=1))
    shorter = replace(before, limits={(Severity.HIGH, None): limit(Severity.HIGH, None, 30, 960, False)})
    change, = differences(before, shorter, [issue], NOW)
    assert change.falls_due and change.moves and not change.passes_on
    assert (change.after.respond_by, change.after.resolve_by) == (NOW - timedelta(minutes=30), change.before.resolve_by)
    back, = differences(shorter, before, [issue], NOW)
    assert back.recovers and totals([change, back]).fall_due == totals([change, back]).recover == 1


@pytest.mark.parametrize(("days", "moves"), [({date(2026, 3, 10): False}, True), ({date(2026, 3, 7): False}, False)])
def test_a_day_off_moves_what_runs_over_it(days: Days, moves: bool) -> None:
    before = World(limits={(Severity.HIGH, None): limit(Severity.HIGH, None, 120, 960, False)})
    issue = Live(UUID(int=1), "Q-1", "x", 1, Line.MARKET, Severity.HIGH, Stage.OTHER, NOW)
    assert bool(differences(before, replace(before, days=days), [issue], NOW)) is moves


def test_who_answers_at_a_desk() -> None:
    contact, head, market = (Role.UNIT_CONTACT, None), (Role.UNIT_HEAD, None), (Role.LINE_OWNER, Line.MARKET)
    world = World(staff={1: frozenset({contact, head, market}), 2: frozenset({head})})
    assert answers(world, (1, Line.MARKET)) == market and answers(world, (1, Line.IT)) == contact
    assert answers(world, (2, Line.IT)) == head and answers(world, (3, Line.IT)) is None
    instead = replace(world, served={(1, Line.IT): Line.MARKET, (2, Line.IT): Line.MARKET})
    assert answers(instead, (1, Line.IT)) == market and answers(instead, (2, Line.IT)) == head
    changed, = desk_changes(world, instead, [])                # of the two only one is answered by somebody else
    assert (changed.desk, changed.before, changed.after) == ((1, Line.IT), contact, market)
    assert [v.desk[1] for v in vacancies(world, [1])] == [line for line in Line if line is not Line.MARKET]
    assert {v.falls_to for v in vacancies(world, [3])} == {None}


def test_what_may_be_set() -> None:
    assert limit_faults(30, 30) == {} and set(limit_faults(0, 0)) == {"respond", "resolve"}
    assert set(limit_faults(None, 10)) == {"respond"} and set(limit_faults(60, 30)) == {"resolve"}
    assert set(limit_faults(1, 60 * 24 * 365 + 1)) == {"resolve"}
    assert common_missing({(Severity.HIGH, None): limit(Severity.HIGH, None, 1, 1, False)}) == [
        Severity.LOW, Severity.MEDIUM, Severity.CRITICAL]
    assert hour_faults(OFFICE) == {} and hour_faults([(time(12), time(9))]).keys() == {0}
    assert hour_faults([(time(8), time(12)), (time(12), time(18))]).keys() == {1}          # touching is one period
    assert hour_faults([(time(13), time(18)), (time(8), time(12))]).keys() == {1}
    assert minutes(timedelta(minutes=90, seconds=59)) == 90
