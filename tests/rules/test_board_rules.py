"""The board's arithmetic, against counting by hand."""
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from portal.assignments.rules import LIGHTS, cell
from portal.board.rules import LATEST, LEAST_COMPLETE, MOST_COMPLETE, PLAN, TILES, Counted, Place, across, grouped, last_week, tally
from tenants.vocabulary import Category, Line, MilestoneCode, UnitKind

TODAY = date(2026, 11, 20)
MILESTONES = [m.value for m in MilestoneCode]
PLACES = [Place(1, "hq", UnitKind.HEADQUARTERS, None), Place(2, "beijing", UnitKind.PROVINCE, None),
          Place(3, "tibet", UnitKind.PROVINCE, None), Place(4, "migu", UnitKind.SPECIALISED_COMPANY, Category.MARKET_EXPANSION),
          Place(5, "terminal", UnitKind.SPECIALISED_COMPANY, Category.PRODUCT_SUPPORT)]

counted = st.builds(
    Counted, key=st.uuids(), unit=st.sampled_from([p.unit for p in PLACES]), milestone=st.sampled_from(MILESTONES),
    line=st.sampled_from([x.value for x in Line]), code=st.just("1"), due=st.just(TODAY), light=st.sampled_from(LIGHTS),
    late=st.integers(0, 300), handed_in_on=st.none() | st.dates(date(2026, 1, 1), TODAY),
    closed_on=st.none() | st.dates(date(2026, 1, 1), TODAY))
boards = st.lists(counted, max_size=60)


@given(boards)
def test_every_figure_counts_its_rows(rows: list[Counted]) -> None:
    groups = grouped(rows, PLACES, MILESTONES)
    shown = {r.key: r for g in groups for r in g.rows}
    for place in PLACES:
        for milestone in MILESTONES:
            here = [r for r in rows if r.unit == place.unit and r.milestone == milestone]
            found = shown[place.unit].cells[milestone]
            assert (found.total, found.closed, found.overdue) == (
                len(here), sum(r.light == "closed" for r in here), sum(r.light == "red" for r in here))
            assert found.light == cell([r.light for r in here])
        assert shown[place.unit].total == tally(r for r in rows if r.unit == place.unit)
    for group in groups:
        members = {r.key for r in group.rows}
        assert group.together.total == tally(r for r in rows if r.unit in members)
    everything = across("", rows, MILESTONES)
    assert everything.total.total == len(rows) == sum(g.together.total.total for g in groups)
    assert sum(t.total for t in everything.cells.values()) == len(rows)


@given(boards)
def test_orders_move_rows_within_their_group_and_lose_none(rows: list[Counted]) -> None:
    planned = grouped(rows, PLACES, MILESTONES, PLAN)
    assert [r.key for g in planned for r in g.rows] == [1, 2, 3, 5, 4]      # product support stands before market expansion
    for sort in (MOST_COMPLETE, LEAST_COMPLETE, LATEST, "nonsense"):
        sorted_ = grouped(rows, PLACES, MILESTONES, sort)
        assert [{r.key for r in g.rows} for g in sorted_] == [{r.key for r in g.rows} for g in planned]
    for group in grouped(rows, PLACES, MILESTONES, LATEST):
        late = [r.total.overdue for r in group.rows]
        assert late == sorted(late, reverse=True)
    for group in grouped(rows, PLACES, MILESTONES, LEAST_COMPLETE):
        shares = [r.total.closed / r.total.total for r in group.rows if r.total.total]
        assert shares == sorted(shares)


@given(boards)
def test_the_week_counts_by_the_dates_that_are_kept(rows: list[Counted]) -> None:
    week = last_week(rows, TODAY)
    since = TODAY - timedelta(days=6)
    assert week.closed == sum(1 for r in rows if r.light == "closed" and r.closed_on and r.closed_on >= since)
    assert week.became_overdue == sum(1 for r in rows if r.light == "red" and r.late <= 7)
    assert week.handed_in == sum(1 for r in rows if r.light == "blue" and r.handed_in_on and r.handed_in_on >= since)


def row(light: str, unit: int = 2, late: int = 0) -> Counted:
    return Counted(UUID(int=1), unit, "sorting", "it", "1", TODAY, light, late)


def test_a_share_is_rounded_down_so_that_100_means_all() -> None:
    assert tally([row("closed")] * 199 + [row("blue")]).percent == 99
    assert tally([row("closed")] * 200).percent == 100
    assert tally([]).percent is None and tally([]).light is None


def test_lateness_orders_by_number_then_by_the_longest() -> None:
    rows: Sequence[Counted] = [row("red", 2, 3), row("red", 3, 90)]
    provinces = next(g for g in grouped(rows, PLACES, MILESTONES, LATEST) if g.kind == UnitKind.PROVINCE)
    assert [r.key for r in provinces.rows] == [3, 2]


def test_each_of_31_provinces_has_a_square_of_its_own() -> None:
    assert len(TILES) == 31 == len(set(TILES.values()))
    assert all(1 <= r <= 9 and 1 <= c <= 8 for r, c in TILES.values())
