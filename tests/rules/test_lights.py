"""The light of an assignment and of a cell: truth tables at every boundary, and what must hold for all of them."""
from datetime import date, timedelta
from itertools import combinations_with_replacement, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.assignments.rules import (
    LIGHTS,
    MACHINE,
    STATES,
    LightFacts,
    Thresholds,
    cell,
    expected_percent,
    light,
    overdue_days,
    window_start,
)
from portal.workdays import add_workdays, workdays_between, workdays_left
from tenants.errors import RuleViolated
from tenants.permissions import Permission

D = date.fromisoformat
START, DUE = D("2026-07-01"), D("2026-10-31")        # the due day is a Saturday
REPORTED = D("2026-07-02")


def facts(state: str = "open", percent: int = 0, start: date | None = START, due: date = DUE,
          reported_on: date | None = REPORTED, handed_in_on: date | None = None) -> LightFacts:
    return LightFacts(state, percent, start, due, reported_on, handed_in_on)


# What may happen to an assignment

@pytest.mark.parametrize(("state", "action", "target", "who"), [
    ("open", "hand_in", "handed_in", Permission.ASSIGNMENT_HAND_IN),
    ("handed_in", "close", "closed", Permission.ASSIGNMENT_VERIFY),
    ("handed_in", "return", "open", Permission.ASSIGNMENT_VERIFY),
    ("open", "cancel", "cancelled", Permission.ASSIGNMENT_CANCEL),
])
def test_steps(state: str, action: str, target: str, who: Permission) -> None:
    step = MACHINE.step(state, action)
    assert (step.target, step.who) == (target, who)


def test_every_other_step_is_refused() -> None:
    allowed = {(t.source, t.action) for t in MACHINE.transitions}
    assert len(allowed) == 4
    for state in STATES:
        for action in ("hand_in", "close", "return", "cancel", "reopen"):
            if (state, action) not in allowed:
                with pytest.raises(RuleViolated):
                    MACHINE.step(state, action)


# The light of an assignment

@pytest.mark.parametrize(("given_facts", "today", "code", "late"), [
    # closed and handed in, whatever else holds
    (facts("closed", 100, handed_in_on=D("2026-10-31")), "2027-03-01", "closed", 0),
    (facts("closed", 100, handed_in_on=D("2026-11-03")), "2027-03-01", "closed", 3),
    (facts("closed", 100), "2027-03-01", "closed", 0),
    (facts("handed_in", 100, handed_in_on=D("2026-10-31")), "2026-12-01", "blue", 0),
    (facts("handed_in", 100, handed_in_on=D("2026-11-01")), "2026-12-01", "blue", 1),
    (facts("handed_in", 100, handed_in_on=D("2026-09-01")), "2026-09-02", "blue", 0),
    (facts("cancelled"), "2026-12-01", "grey", 0),
    # past due: inclusive until midnight, and a day off does not shift it
    (facts(percent=100), "2026-10-31", "green", 0),
    (facts(percent=100), "2026-11-01", "red", 1),
    (facts(percent=99), "2026-10-31", "amber", 0),
    (facts(percent=100), "2026-11-30", "red", 30),
    # before the start
    (facts(reported_on=None), "2026-06-30", "grey", 0),
    (facts(percent=5, reported_on=D("2026-06-29")), "2026-06-30", "green", 0),
    # silence: the fifth working day after Wednesday 1 July is Wednesday 8 July
    (facts(reported_on=None), "2026-07-01", "green", 0),
    (facts(reported_on=None), "2026-07-07", "green", 0),
    (facts(reported_on=None), "2026-07-08", "amber", 0),
    (facts(percent=10, reported_on=D("2026-06-01")), "2026-07-08", "green", 0),
])
def test_light(given_facts: LightFacts, today: str, code: str, late: int) -> None:
    shown = light(given_facts, D(today))
    assert (shown.code, shown.late_days) == (code, late)


@pytest.mark.parametrize("points", [0, 1, 19, 20, 21])
def test_twenty_points_behind_is_amber_at_any_time(points: int) -> None:
    today = D("2026-08-31")
    expected = expected_percent(START, DUE, today)
    assert light(facts(percent=expected - points), today).code == ("amber" if points >= 20 else "green")


@pytest.mark.parametrize(("left", "behind", "code"),
                         [(10, 1, "amber"), (10, 0, "green"), (11, 1, "green"), (1, 1, "amber"), (0, 1, "amber")])
def test_any_lag_is_amber_in_the_last_ten_working_days(left: int, behind: int, code: str) -> None:
    today = DUE if left == 0 else add_workdays(DUE, -left) - timedelta(days=1)
    assert workdays_left(today, DUE) == left
    assert light(facts(percent=expected_percent(START, DUE, today) - behind), today).code == code


def test_the_reason_says_what_was_reported_expected_and_left() -> None:
    today = D("2026-10-19")
    shown = light(facts(percent=35), today)
    assert str(shown.reason) == "35 % reported, 89 % expected, 9 working days left"
    assert str(light(facts(percent=35), D("2026-10-29")).reason) == "35 % reported, 98 % expected, 1 working day left"


@pytest.mark.parametrize(("given_facts", "today", "reason"), [
    (facts("closed", handed_in_on=D("2026-10-01")), "2026-12-01", "closed"),
    (facts("closed", handed_in_on=D("2026-11-01")), "2026-12-01", "closed, was handed in 1 day late"),
    (facts("closed", handed_in_on=D("2026-11-02")), "2026-12-01", "closed, was handed in 2 days late"),
    (facts("handed_in", handed_in_on=D("2026-10-01")), "2026-12-01", "handed in"),
    (facts("handed_in", handed_in_on=D("2026-11-01")), "2026-12-01", "handed in 1 day late"),
    (facts("handed_in", handed_in_on=D("2026-11-02")), "2026-12-01", "handed in 2 days late"),
    (facts(), "2026-11-01", "1 day overdue"),
    (facts(), "2026-11-03", "3 days overdue"),
    (facts(reported_on=None), "2026-06-01", "not started: the start lies ahead"),
    (facts(start=None, reported_on=None), "2026-06-01", "not started: no start agreed yet"),
    (facts(reported_on=None), "2026-07-10", "no report 7 working days after the start"),
    (facts("cancelled"), "2026-06-01", "cancelled, not counted"),
])
def test_every_light_gives_its_reason(given_facts: LightFacts, today: str, reason: str) -> None:
    assert str(light(given_facts, D(today)).reason) == reason


@pytest.mark.parametrize(("due", "start"), [
    ("2026-04-30", "2026-01-01"), ("2026-06-30", "2026-05-01"), ("2026-10-31", "2026-07-01"),
    ("2026-12-31", "2026-11-01"), ("2027-12-31", "2027-11-01"), ("2026-05-01", "2026-05-01"),
    ("2026-01-01", "2026-01-01"), ("2024-02-29", "2024-01-01"),
])
def test_without_an_agreed_start_the_milestones_window_counts(due: str, start: str) -> None:
    assert window_start(D(due)) == D(start)


def test_more_time_moves_no_beginning() -> None:
    """Put off from the year's end to January: what is behind stays behind, though the new day has a window of its own."""
    late = LightFacts("open", 13, None, D("2027-01-31"), D("2026-11-05"), original_due=D("2026-12-31"))
    assert late.begins == D("2026-11-01") and light(late, D("2026-12-20")).code == "amber"
    assert LightFacts("open", 13, None, D("2026-12-31"), original_due=D("2027-01-31")).begins == D("2026-11-01")
    assert LightFacts("open", 13, D("2026-12-01"), D("2027-01-31"), original_due=D("2026-12-31")).begins == D("2026-12-01")


def test_without_an_agreed_start_there_is_no_silence_but_there_is_lag() -> None:
    assert light(facts(start=None, reported_on=None), D("2026-07-10")).code == "grey"
    assert light(facts(start=None, reported_on=None), D("2026-08-15")).code == "amber"
    assert light(facts(start=None, percent=50), D("2026-07-10")).code == "green"


def test_silence_does_not_run_on_during_spring_festival() -> None:
    last_day = D("2026-02-13")                        # Friday; Saturday is worked, then closed until Monday 23
    silent = facts(start=last_day, due=D("2026-12-31"), reported_on=None)
    assert light(silent, D("2026-02-23")).code == "green"
    assert light(silent, D("2026-02-26")).code == "green"
    assert light(silent, D("2026-02-27")).code == "amber"


def test_make_up_days_count_as_elapsed() -> None:
    start, due = D("2026-02-09"), D("2026-02-27")
    friday, make_up, holiday, last_of_it = D("2026-02-13"), D("2026-02-14"), D("2026-02-15"), D("2026-02-23")
    assert workdays_between(start, due) == 10
    assert [expected_percent(start, due, d) for d in (friday, make_up, holiday, last_of_it)] == [50, 60, 60, 60]


@pytest.mark.parametrize(("start", "due", "today", "expected"), [
    ("2026-07-01", "2026-07-14", "2026-06-30", 0), ("2026-07-01", "2026-07-14", "2026-07-01", 10),
    ("2026-07-01", "2026-07-14", "2026-07-13", 90), ("2026-07-01", "2026-07-14", "2026-07-14", 100),
    ("2026-07-01", "2026-07-14", "2026-08-01", 100), ("2026-07-01", "2026-07-03", "2026-07-01", 33),
    ("2026-10-02", "2026-10-05", "2026-10-04", 0),    # no working day at all between the two
    ("2026-10-02", "2026-10-05", "2026-10-05", 100), ("2026-10-05", "2026-10-02", "2026-10-01", 0),
    ("2026-10-05", "2026-10-02", "2026-10-02", 100),
])
def test_expected_percent(start: str, due: str, today: str, expected: int) -> None:
    assert expected_percent(D(start), D(due), D(today)) == expected


def test_thresholds_are_data() -> None:
    today = D("2026-08-31")
    lag = facts(percent=expected_percent(START, DUE, today) - 10)
    assert light(lag, today).code == "green"
    assert light(lag, today, Thresholds(behind_points=10)).code == "amber"
    assert light(lag, today, Thresholds(near_days=100)).code == "amber"
    quiet = facts(reported_on=None)
    assert light(quiet, D("2026-07-03"), Thresholds(silent_days=2)).code == "amber"


@pytest.mark.parametrize("strange", [
    {"near_days": -1}, {"near_days": 251}, {"behind_points": 0}, {"behind_points": 101}, {"silent_days": 0},
    {"silent_days": 2.5}, {"near_days": True}, {"near_days": "10"}, {"near_days": None},
])
def test_what_is_no_threshold_is_refused(strange: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(strange))):
        Thresholds(**strange)


DAYS = st.dates(D("2024-01-01"), D("2028-12-31"))
FACTS = st.builds(LightFacts, st.sampled_from(STATES), st.integers(0, 100), st.none() | DAYS, DAYS, st.none() | DAYS,
                  st.none() | DAYS)
RANK = {"grey": 0, "green": 0, "amber": 1, "red": 2}


@given(FACTS, DAYS)
def test_every_assignment_has_a_light_with_a_reason(any_facts: LightFacts, today: date) -> None:
    shown = light(any_facts, today)
    assert shown.code in LIGHTS and str(shown.reason) and shown.late_days >= 0
    assert shown.late_days == overdue_days(any_facts, today)


@given(FACTS, DAYS, st.integers(0, 100))
def test_more_progress_never_makes_it_worse(any_facts: LightFacts, today: date, percent: int) -> None:
    low, high = sorted((percent, any_facts.percent))
    def at(p: int) -> str:
        return light(LightFacts("open", p, any_facts.start, any_facts.due, any_facts.reported_on), today).code
    assert RANK[at(high)] <= RANK[at(low)]


@given(FACTS, DAYS, st.integers(0, 400))
def test_an_unreported_lag_never_heals_by_waiting(any_facts: LightFacts, today: date, days: int) -> None:
    waiting = LightFacts("open", 0, any_facts.start, any_facts.due)
    assert overdue_days(waiting, today) <= overdue_days(waiting, today + timedelta(days=days))
    start = any_facts.start or window_start(any_facts.due)
    later = expected_percent(start, any_facts.due, today + timedelta(days=days))
    assert expected_percent(start, any_facts.due, today) <= later


@given(FACTS, DAYS)
def test_red_means_open_and_past_due(any_facts: LightFacts, today: date) -> None:
    assert (light(any_facts, today).code == "red") == (any_facts.state == "open" and today > any_facts.due)


# The light of a cell

@pytest.mark.parametrize(("lights", "code"), [
    ([], None), (["closed"], "closed"), (["closed", "closed"], "closed"), (["closed", "red"], "red"),
    (["amber", "red", "grey"], "red"), (["amber", "blue", "grey"], "amber"), (["blue"], "blue"),
    (["blue", "closed"], "blue"), (["blue", "grey"], "green"), (["grey"], "grey"), (["grey", "closed"], "grey"),
    (["grey", "green"], "green"), (["green", "closed"], "green"), (["blue", "green"], "green"),
])
def test_cell(lights: list[str], code: str | None) -> None:
    assert cell(lights) == code


def test_cell_by_the_words_of_the_rule_for_every_combination() -> None:
    for size in range(1, 5):
        for lights in combinations_with_replacement(LIGHTS, size):
            unclosed = [c for c in lights if c != "closed"]
            wanted = ("closed" if not unclosed else "red" if "red" in lights else "amber" if "amber" in lights
                      else "blue" if set(unclosed) == {"blue"} else "grey" if set(unclosed) == {"grey"} else "green")
            assert {cell(order) for order in permutations(lights)} == {wanted}


MANY = st.lists(st.sampled_from(LIGHTS))


@given(MANY)
def test_a_red_one_makes_every_cell_red(lights: list[str]) -> None:
    assert cell([*lights, "red"]) == "red"


@given(MANY.filter(bool))
def test_a_closed_one_changes_nothing(lights: list[str]) -> None:
    assert cell([*lights, "closed"]) == cell(lights)


@given(MANY, st.sampled_from(LIGHTS))
def test_a_cell_is_never_better_than_its_worst(lights: list[str], one: str) -> None:
    for worst in ("red", "amber"):
        if worst in lights:
            assert RANK[cell([*lights, one]) or ""] >= RANK[worst]
