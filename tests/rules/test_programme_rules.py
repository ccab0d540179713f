"""Whom a template reaches, and how the plan's dates and themes move with the year."""
from calendar import isleap
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.programmes.rules import (
    FIRST_YEAR,
    LAST_YEAR,
    MACHINE,
    MonthDay,
    ProgrammePlan,
    Selector,
    UnitFacts,
    YearPlan,
    current_year,
    out_of_order,
    shift,
    targets_match,
)
from tenants.errors import RuleViolated
from tenants.vocabulary import Category, Process, UnitKind

HQ = UnitFacts("hq", UnitKind.HEADQUARTERS)
GUANGDONG = UnitFacts("guangdong", UnitKind.PROVINCE)
MIGU = UnitFacts("migu", UnitKind.SPECIALISED_COMPANY, Category.MARKET_EXPANSION, frozenset({Process.CUSTOMER_CONSUMPTION}))
TIETONG = UnitFacts("tietong", UnitKind.SPECIALISED_COMPANY, Category.CAPABILITY_SUPPORT,
                    frozenset({Process.PROBLEM_RESPONSE}))
UNITS = (HQ, GUANGDONG, MIGU, TIETONG)

SELECTORS = st.builds(Selector, st.none() | st.sampled_from(UnitKind), st.none() | st.sampled_from(Category),
                      st.none() | st.sampled_from(Process), st.none() | st.sampled_from([u.code for u in UNITS]))


@pytest.mark.parametrize(("selectors", "reached"), [
    ([], ()),
    ([Selector()], ()),
    ([Selector(kind=UnitKind.PROVINCE)], (GUANGDONG,)),
    ([Selector(kind=UnitKind.SPECIALISED_COMPANY)], (MIGU, TIETONG)),
    ([Selector(category=Category.MARKET_EXPANSION)], (MIGU,)),
    ([Selector(category=Category.PRODUCT_SUPPORT)], ()),
    ([Selector(focus=Process.PROBLEM_RESPONSE)], (TIETONG,)),
    ([Selector(unit="hq")], (HQ,)),
    ([Selector(kind=UnitKind.PROVINCE), Selector(unit="tietong")], (GUANGDONG, TIETONG)),
    ([Selector(kind=UnitKind.PROVINCE, unit="tietong")], ()),
    ([Selector(kind=UnitKind.SPECIALISED_COMPANY, focus=Process.CUSTOMER_CONSUMPTION)], (MIGU,)),
])
def test_whom_targets_reach(selectors: list[Selector], reached: tuple[UnitFacts, ...]) -> None:
    assert tuple(u for u in UNITS if targets_match(selectors, u)) == reached


@given(st.lists(SELECTORS, max_size=4), SELECTORS, st.sampled_from(UNITS))
def test_a_further_target_takes_nobody_away(selectors: list[Selector], more: Selector, unit: UnitFacts) -> None:
    assert targets_match([*selectors, more], unit) == (targets_match(selectors, unit) or targets_match([more], unit))


@pytest.mark.parametrize(("month_day", "year", "offset", "day"), [
    (MonthDay(4, 30), 2026, 0, "2026-04-30"), (MonthDay(12, 31), 2026, 1, "2027-12-31"),
    (MonthDay(12, 31, 1), 2026, 0, "2027-12-31"), (MonthDay(2, 29), 2024, 0, "2024-02-29"),
    (MonthDay(2, 29), 2026, 0, "2026-02-28"), (MonthDay(2, 29, 1), 2024, 0, "2025-02-28"),
    (MonthDay(2, 29), 2100, 0, "2100-02-28"), (MonthDay(2, 29), 2000, 0, "2000-02-29"),
])
def test_dates_shift_with_the_year(month_day: MonthDay, year: int, offset: int, day: str) -> None:
    assert shift(month_day, year, offset) == date.fromisoformat(day)


@given(st.dates(date(2000, 1, 1), date(2000, 12, 31)), st.integers(FIRST_YEAR, LAST_YEAR), st.integers(0, 3))
def test_every_day_exists_in_every_year(day: date, year: int, offset: int) -> None:
    shifted = shift(MonthDay(day.month, day.day), year, offset)
    lost = (day.month, day.day) == (2, 29) and not isleap(year + offset)
    assert (shifted.year, shifted.month, shifted.day) == (year + offset, day.month, day.day - lost)


YEARS = tuple(YearPlan(n, f"theme {n}", f"主题{n}", (), ()) for n in range(3))
PLAN = ProgrammePlan("Programme", "方案", YEARS, (), ())


@pytest.mark.parametrize(("year", "first", "offset"), [
    (2026, 2026, 0), (2027, 2026, 1), (2028, 2026, 2), (2031, 2026, 2), (2025, 2026, 0)])
def test_the_theme_follows_the_first_programmes_year(year: int, first: int, offset: int) -> None:
    assert PLAN.year(year, first).offset == offset


def test_a_programme_is_issued_once() -> None:
    assert MACHINE.step("draft", "issue").target == "issued"
    assert MACHINE.step("issued", "end").target == "ended"
    for state, action in (("issued", "issue"), ("ended", "issue"), ("issued", "edit"), ("draft", "end")):
        with pytest.raises(RuleViolated):
            MACHINE.step(state, action)


@pytest.mark.parametrize(("dues", "wrong"), [
    ({"kick_off": 4, "sorting": 6, "improvement": 10, "assessment": 12, "systems_converted": 12, "systems_built": 13}, {}),
    ({"kick_off": 4, "sorting": 4}, {}),                                       # the same day
    ({"kick_off": 6, "sorting": 4, "improvement": 10}, {"sorting": 6}),        # only the one that lies before its forerunner
    ({"kick_off": 9, "sorting": 4, "improvement": 3}, {"sorting": 9, "improvement": 4}),
    ({"kick_off": 9, "improvement": 3}, {"improvement": 9}),                   # the one between them is not in this programme
    ({"assessment": 12, "systems_converted": 2, "systems_built": 3}, {}),      # systems do not wait for the phases
    ({"systems_converted": 12, "systems_built": 11}, {"systems_built": 12}),
    ({}, {}),
])
def test_milestones_keep_their_order(dues: dict[str, int], wrong: dict[str, int]) -> None:
    def days(months: dict[str, int]) -> dict[str, date]:
        return {code: date(2026 + m // 13, (m - 1) % 12 + 1, 28) for code, m in months.items()}
    assert out_of_order(days(dues)) == days(wrong)


@pytest.mark.parametrize(("years", "this", "current"), [
    ((2026,), 2026, 2026), ((2027, 2026), 2026, 2026), ((2027, 2026), 2027, 2027), ((2026, 2025), 2029, 2026),
    ((2028, 2027), 2026, 2027), ((), 2026, None)])
def test_the_programme_at_work_is_the_latest_that_has_begun(years: tuple[int, ...], this: int, current: int | None) -> None:
    assert current_year(years, this) == current
