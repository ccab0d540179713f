"""The ladder: each rung once a round; of those missed everybody hears once; upwards where nobody is."""
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.reminders import forms, rules
from portal.reminders.rules import Answer, Channel, Deadline, Item, Post, Rung, Seat, Span, Staff, Whom
from portal.worktime import WorkingTime
from seed.reading import whole_plan
from tenants.vocabulary import Line, Role

TIME = WorkingTime()
ZONE = ZoneInfo("Asia/Shanghai")
DUE = date(2026, 6, 30)                                # a Tuesday
KEY = UUID(int=1)
LADDER = [Rung(Deadline.ASSIGNMENT, step, Span.DAY, whom) for step, whom in (
    (-10, Whom.OWNER), (-3, Whom.OWNER), (-3, Whom.CONTACT), (1, Whom.CONTACT), (5, Whom.UNIT_HEAD))]


def item(due: Any = DUE, kind: Deadline = Deadline.ASSIGNMENT, **more: Any) -> Item:
    return Item(kind, "assignment", KEY, 9, Line.MARKET, due, "1", {"en": "t", "zh": "t"}, "/", **more)


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)


@pytest.mark.parametrize(("now", "told"), [
    (at(date(2026, 6, 10)), []), (at(date(2026, 6, 15), 8), []), (at(date(2026, 6, 15)), ["-10 day owner"]),
    (at(date(2026, 6, 24)), ["-10 day owner"]), (at(date(2026, 6, 25)), ["-3 day owner", "-3 day contact"]),
    (at(DUE, 23), ["-3 day owner", "-3 day contact"]), (at(date(2026, 7, 1)), ["-3 day owner", "+1 day contact"]),
    (at(date(2026, 7, 6)), ["-3 day owner", "+1 day contact"]),
    (at(date(2026, 7, 7)), ["-3 day owner", "+1 day contact", "+5 day unit_head"]),
    (at(date(2027, 7, 7)), ["-3 day owner", "+1 day contact", "+5 day unit_head"])])
def test_which_is_due(now: datetime, told: list[str]) -> None:
    found = rules.due_rungs(item(), now, LADDER, TIME)
    assert [r.code for r in found] == told
    assert rules.due_rungs(item(), now, LADDER, TIME, {r.code for r in found}) == ()
    assert rules.due_rungs(item(kind=Deadline.FILING), now, LADDER, TIME) == ()


HIGH = [*LADDER, *(Rung(Deadline.ASSIGNMENT, step, Span.DAY, whom) for step, whom in (
    (3, Whom.LINE_OWNER), (7, Whom.UNIT_HEAD), (8, Whom.HQ_LINE), (15, Whom.OFFICE)))]


@pytest.mark.parametrize(("told", "now", "said"), [
    ([], at(date(2026, 7, 10)),                                                        # never told of anything
     ["-3 day owner", "+1 day contact", "+3 day line_owner", "+7 day unit_head", "+8 day hq_line"]),
    (["+1 day contact"], at(date(2026, 7, 10)), ["+3 day line_owner", "+7 day unit_head", "+8 day hq_line"]),
    (["+1 day contact", "+5 day unit_head"], at(date(2026, 7, 22)), ["+7 day unit_head", "+8 day hq_line", "+15 day office"]),
    (["+7 day unit_head"], at(date(2026, 7, 22)), ["+8 day hq_line", "+15 day office"]),
    (["+15 day office"], at(date(2026, 7, 22)), []), (["+1 day contact"], at(date(2026, 7, 6)), ["+3 day line_owner"])])
def test_of_steps_missed_everybody_hears_once(told: list[str], now: datetime, said: list[str]) -> None:
    assert [r.code for r in rules.due_rungs(item(), now, HIGH, TIME, told)] == said


@pytest.mark.parametrize(("now", "told"), [
    (at(date(2026, 7, 28)), []), (at(date(2026, 7, 28), 23), []), (at(date(2026, 7, 29)), ["+1 day contact"]),
    (at(date(2026, 8, 3)), ["+1 day contact"]), (at(date(2026, 8, 4)), ["+1 day contact", "+5 day unit_head"])])
def test_what_comes_back_late_climbs_from_its_return(now: datetime, told: list[str]) -> None:
    """Returned twenty working days late, on a Tuesday: not the head at once, and nothing of what was to be said before."""
    late = item(since=at(date(2026, 7, 28), 9))
    assert [r.code for r in rules.due_rungs(late, now, LADDER, TIME)] == told


def test_what_comes_back_in_time_keeps_its_deadline() -> None:
    early = item(since=at(date(2026, 6, 24)))
    for now in (at(date(2026, 6, 24)), at(DUE), at(date(2026, 7, 1)), at(date(2026, 7, 7))):
        assert rules.due_rungs(early, now, LADDER, TIME) == rules.due_rungs(item(), now, LADDER, TIME)


def test_hours_count_from_the_later_moment() -> None:
    steps = ((-4, Whom.OWNER), (1, Whom.OWNER), (8, Whom.UNIT_HEAD))
    ladder = [Rung(Deadline.RESOLVE, step, Span.HOUR, whom) for step, whom in steps]
    due, got = at(date(2026, 6, 29), 9), at(date(2026, 7, 1), 15)
    issue = item(due, Deadline.RESOLVE, since=got)
    for hours, told in ((0, []), (1, ["+1 hour owner"])):
        assert [r.code for r in rules.due_rungs(issue, got + timedelta(hours=hours), ladder, TIME)] == told
    assert [r.code for r in rules.due_rungs(issue, at(date(2026, 7, 2), 16), ladder, TIME)] == [
        "+1 hour owner", "+8 hour unit_head"]


def test_hours_count_working_time_or_run_around_the_clock() -> None:
    due = at(date(2026, 6, 29), 9)
    before, after = (Rung(Deadline.RESPOND, step, Span.HOUR, Whom.LINE_OWNER) for step in (-1, 1))
    assert rules.moment(before, due, TIME).date() == date(2026, 6, 26)          # the Friday before
    assert rules.moment(after, due, TIME) == due + timedelta(hours=1)
    assert rules.moment(before, due, TIME, continuous=True) == due - timedelta(hours=1)


RUNGS = st.lists(st.builds(Rung, st.just(Deadline.ASSIGNMENT), st.integers(-30, 30), st.sampled_from(Span),
                           st.sampled_from(Whom)), max_size=12)


@given(RUNGS, st.lists(st.integers(-60 * 24, 60 * 24), min_size=1, max_size=40))
def test_however_often_and_late_it_sweeps(ladder: Sequence[Rung], hours: list[int]) -> None:
    """Nothing twice, nothing early, no step after a later one; of steps missed everybody hears one."""
    fired: list[Rung] = []
    for hour in sorted(hours):
        now = at(DUE) + timedelta(hours=hour)
        told = rules.due_rungs(item(), now, ladder, TIME, {r.code for r in fired})
        moments = {rules.moment(r, DUE, TIME) for r in told}
        assert all(m <= now for m in moments)
        assert len({(r.whom, rules.moment(r, DUE, TIME)) for r in told}) == len({r.whom for r in told})
        assert not {r.code for r in told} & {r.code for r in fired}
        if told and fired:
            assert min(moments) >= max(rules.moment(r, DUE, TIME) for r in fired)
        fired += {r.code: r for r in told}.values()
        horizon = rules.horizon(Deadline.ASSIGNMENT, now, ladder, TIME)
        assert not told or (horizon is not None and horizon >= DUE)


OWNER, CONTACT, DEPUTY, HEAD, LEAD, OFFICE, LEADER, DELEGATE = (UUID(int=n) for n in range(10, 18))
POSTS = [Post(OWNER, 9, Role.LINE_OWNER, Line.MARKET), Post(CONTACT, 9, Role.UNIT_CONTACT, None),
         Post(DEPUTY, 9, Role.UNIT_CONTACT, None, True), Post(HEAD, 9, Role.UNIT_HEAD, None),
         Post(LEAD, 1, Role.HQ_LINE_LEAD, Line.MARKET), Post(OFFICE, 1, Role.HQ_OFFICE, None),
         Post(LEADER, 1, Role.HQ_LEADER, None)]


@pytest.mark.parametrize(("whom", "gone", "told"), [
    (Whom.OWNER, (), OWNER), (Whom.CONTACT, (), CONTACT), (Whom.DEPUTY, (), DEPUTY), (Whom.UNIT_HEAD, (), HEAD),
    (Whom.HQ_LINE, (), LEAD), (Whom.OFFICE, (), OFFICE), (Whom.LEADERSHIP, (), LEADER), (Whom.OWNER, (OWNER,), CONTACT),
    (Whom.DEPUTY, (DEPUTY,), CONTACT), (Whom.LINE_OWNER, (OWNER,), CONTACT), (Whom.CONTACT, (CONTACT,), HEAD),
    (Whom.CONTACT, (CONTACT, HEAD, LEAD), OFFICE), (Whom.LEADERSHIP, (LEADER,), None)])
def test_whom_it_reaches(whom: Whom, gone: tuple[UUID, ...], told: UUID | None) -> None:
    staff = Staff([p for p in POSTS if p.person not in gone], {})
    assert [person for _, person in rules.reached(whom, item(owner=OWNER), staff)] == ([told] if told else [])


def test_on_leave_the_delegate_hears_where_he_works() -> None:
    away = Post(CONTACT, 9, Role.UNIT_CONTACT, None, stands_in=DELEGATE)
    assert rules.reached(Whom.CONTACT, item(), Staff([away], {DELEGATE: 12})) == ((12, DELEGATE),)


def test_a_delegate_who_is_not_there_is_passed_over() -> None:
    """Whoever else holds the function hears, else the next above."""
    away, other = Post(CONTACT, 9, Role.UNIT_CONTACT, None, stands_in=DELEGATE), Post(OWNER, 9, Role.UNIT_CONTACT, None)
    assert rules.reached(Whom.CONTACT, item(), Staff([away, other], {})) == ((9, OWNER),)
    assert rules.reached(Whom.CONTACT, item(), Staff([away, *POSTS[3:]], {})) == ((9, HEAD),)


def test_whoever_says_that_it_is_not_his_is_left_in_peace_alone() -> None:
    friday = date(2026, 7, 3)
    heard = [(Answer.NOT_MINE, at(friday), CONTACT)]
    for day, gone in ((friday, {CONTACT}), (date(2026, 7, 8), {CONTACT}), (date(2026, 7, 9), set())):
        assert rules.disowned(heard, at(day), TIME) == gone
    two = [*POSTS, Post(OWNER, 9, Role.UNIT_CONTACT, None)]
    assert rules.reached(Whom.CONTACT, item(), Staff(two, {}), {CONTACT}) == ((9, OWNER),)
    assert rules.reached(Whom.CONTACT, item(), Staff(POSTS, {}), {CONTACT}) == ((9, HEAD),)
    assert rules.reached(Whom.UNIT_HEAD, item(), Staff(POSTS, {}), {HEAD}) == ((9, HEAD),)    # what climbs, climbs


def test_who_decides_is_the_desk_at_headquarters() -> None:
    asked = item(kind=Deadline.EXTENSION, judge=(Role.HQ_LEADER, None))
    assert rules.reached(Whom.HQ_LINE, asked, Staff(POSTS, {})) == ((1, LEADER),)


def test_the_seeded_ladder_covers_every_kind_and_stands() -> None:
    ladder = [Rung(Deadline(r["kind"]), r["step"], Span(r["span"]), Whom(r["whom"]), Channel(r["channel"]), r["rooms"])
              for r in whole_plan().ladder]
    assert {r.kind for r in ladder} == set(Deadline) and [rules.fault(r) for r in ladder if rules.fault(r)] == []
    typed = {f"{name}-{n}": value for n, row in enumerate(forms.shown(ladder)) for name, value in row.items()}
    assert forms.read(typed).rungs == ladder
    assert rules.fault(Rung(Deadline.REVIEW, 0, Span.DAY, Whom.OFFICE))
    assert rules.fault(Rung(Deadline.FILING, 251, Span.DAY, Whom.OFFICE))


@pytest.mark.parametrize("whom", Whom)
@pytest.mark.parametrize("answer", Answer)
def test_an_answer_leaves_in_peace_who_works_on_it_for_some_days(whom: Whom, answer: Answer) -> None:
    """Answered on a Friday: the days are working days, and who is above hears all the same."""
    friday, last, heard = date(2026, 7, 3), date(2026, 7, 10), [(answer, at(date(2026, 7, 3)), OWNER)]
    works = whom in (Whom.OWNER, Whom.DEPUTY, Whom.LINE_OWNER, Whom.CONTACT) and answer is not Answer.NOT_MINE
    for day in (friday, date(2026, 7, 6), last):
        assert rules.silenced(whom, Deadline.ASSIGNMENT, heard, at(day), TIME) is works
    assert not rules.silenced(whom, Deadline.ASSIGNMENT, heard, at(last + timedelta(days=3)), TIME)
    assert not rules.silenced(whom, Deadline.ASSIGNMENT, [], at(friday), TIME)


@pytest.mark.parametrize("kind", sorted(rules.JUDGED))
def test_who_judges_is_left_in_peace_by_an_answer_of_headquarters(kind: Deadline) -> None:
    friday = date(2026, 7, 3)
    heard = [(Answer.BLOCKED, at(friday), LEAD)]
    for whom, quiet in ((Whom.HQ_LINE, True), (Whom.OFFICE, False), (Whom.LEADERSHIP, False)):
        assert rules.silenced(whom, kind, heard, at(friday), TIME) is quiet
    assert rules.counts(kind, 9, 1) and not rules.counts(kind, 9, 9)
    assert rules.counts(Deadline.ASSIGNMENT, 9, 9) and not rules.counts(Deadline.ASSIGNMENT, 9, 1)


@pytest.mark.parametrize("kind", Deadline)
@pytest.mark.parametrize("acts", [True, False])
@pytest.mark.parametrize("asks", [True, False])
def test_offered_is_what_can_be_done(kind: Deadline, acts: bool, asks: bool) -> None:
    """Done is said of an assignment alone; of what has a term, more time is a request; for the rest whoever acts may need time."""
    found = set(rules.offered(kind, acts=acts, asks=asks))
    assert {Answer.BLOCKED, Answer.NOT_MINE} <= found
    assert (Answer.DONE in found) is (acts and kind is Deadline.ASSIGNMENT)
    has_a_term = kind in (Deadline.ASSIGNMENT, Deadline.FILING, Deadline.ORDER)
    assert (Answer.NEED_TIME in found) is (asks or (acts and not has_a_term))


@pytest.mark.parametrize(("kind", "answer", "of", "first"), [
    (Deadline.ASSIGNMENT, Answer.NOT_MINE, Seat.UNIT, [Seat.UNIT, Seat.LINE, Seat.OFFICE]),
    (Deadline.ASSIGNMENT, Answer.BLOCKED, Seat.UNIT, [Seat.LINE, Seat.OFFICE]),
    (Deadline.REVIEW, Answer.NOT_MINE, Seat.UNIT, [Seat.OFFICE]), (Deadline.REVIEW, Answer.NOT_MINE, Seat.LINE, [Seat.OFFICE]),
    (Deadline.RESOLVE, Answer.BLOCKED, Seat.LINE, [Seat.OFFICE]), (Deadline.ORDER, Answer.BLOCKED, Seat.OFFICE, [Seat.LEADERSHIP]),
    (Deadline.FILING, Answer.NOT_MINE, Seat.LEADERSHIP, [Seat.OFFICE])])
def test_an_answer_goes_upwards(kind: Deadline, answer: Answer, of: Seat, first: list[Seat]) -> None:
    assert list(rules.hears(kind, answer, of))[:len(first)] == first


@pytest.mark.parametrize("kind", Deadline)
@pytest.mark.parametrize("answer", Answer)
@pytest.mark.parametrize("of", [Seat.LINE, Seat.OFFICE, Seat.LEADERSHIP])
def test_what_headquarters_says_stays_there_and_reaches_somebody(kind: Deadline, answer: Answer, of: Seat) -> None:
    found = rules.hears(kind, answer, of)
    assert Seat.UNIT not in found and {Seat.OFFICE, Seat.LEADERSHIP} == set(found)
