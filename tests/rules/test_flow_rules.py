"""The sums of the flows, against counting by hand."""
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from portal.flows import rules
from portal.flows.rules import Flow, Place

PLACES = [Place(1, "hq", "headquarters"), *(Place(n, f"p{n}", "province") for n in range(2, 12)),
          *(Place(n, f"c{n}", "specialised_company") for n in range(12, 15))]
DAY = date(2026, 3, 10)
minutes = st.none() | st.integers(0, 5_000)
flow = st.builds(Flow, st.integers(1, 14), st.integers(1, 14), st.dates(DAY - timedelta(days=300), DAY),
                 st.none() | st.dates(DAY - timedelta(days=300), DAY), minutes, minutes, st.integers(0, 3), st.booleans(),
                 st.booleans())


@given(st.lists(flow, max_size=60), st.booleans())
def test_the_matrix_counts_each_issue_once(flows: list[Flow], unfolded: bool) -> None:
    m = rules.matrix(flows, PLACES, unfolded)
    assert m.foot.total == rules.figures(flows)
    assert [sum(g.together.cells[n].count for g in m.groups) for n in range(len(m.columns))] == [c.count for c in m.foot.cells]
    by_hand = Counter((f.raiser, f.owner) for f in flows)
    for g in m.groups:
        assert sum(r.total.count for r in g.rows) == g.together.total.count
        for row in g.rows:
            for column, cell in zip(m.columns, row.cells, strict=True):
                assert cell.count == sum(by_hand[row.head.unit, owner] for owner in column.units)
    owners = {p.unit for p in PLACES if p.kind == "province"} & {f.owner for f in flows}
    assert m.folded == (len(owners) > rules.SHOWN_APART and not unfolded)
    assert all(row.total.count for g in m.groups for row in g.rows) and all(c.count for c in m.foot.cells)
    assert sum(p.figures.count for p in rules.pairs(flows)) == len(flows)


@given(st.lists(flow, max_size=60))
def test_medians_are_of_what_has_come_so_far(flows: list[Flow]) -> None:
    found, come = rules.figures(flows), [f.respond for f in flows if f.respond is not None]
    assert (found.responded, found.respond) == (len(come), median(come) if come else None)
    assert found.handed_over == sum(f.hand_overs > 0 for f in flows)
    assert found.per_issue == (sum(f.hand_overs for f in flows) / len(flows) if flows else 0)


@given(st.lists(flow, max_size=60), st.none() | st.dates(DAY - timedelta(days=400), DAY))
def test_weeks_stand_without_a_gap_up_to_the_last(flows: list[Flow], first: date | None) -> None:
    weeks = rules.weeks(flows, first, DAY)
    assert 1 <= len(weeks) <= rules.WEEKS and weeks[-1].start <= DAY <= weeks[-1].end
    assert all(b.start - a.start == timedelta(days=7) for a, b in pairwise(weeks))
    for w in weeks:
        assert w.raised == rules.figures(f for f in flows if w.start <= f.raised_on <= w.end)
        assert w.closed == sum(f.closed_on is not None and w.start <= f.closed_on <= w.end for f in flows)


@given(st.lists(flow, max_size=60), st.sampled_from(rules.MEASURES))
def test_each_measure_counts_what_its_rows_are(flows: list[Flow], measure: str) -> None:
    counts = {"count": lambda f: True, "respond": lambda f: f.respond is not None, "resolve": lambda f: f.resolve is not None,
              "handovers": lambda f: f.hand_overs > 0, "overdue": lambda f: f.overdue}[measure]
    rows = [f for f in flows if counts(f)]
    found = rules.value(rules.figures(flows), measure)
    if not rows:
        assert found is None
    elif measure in rules.MEDIANS:
        assert found == median(getattr(f, measure) for f in rows)
    else:
        assert found == len(rows)
    values = [rules.value(p.figures, measure) for p in rules.pairs(flows, measure)]
    with_any = [v for v in values if v is not None]
    assert with_any == sorted(with_any, reverse=True) and values[len(with_any):] == [None] * (len(values) - len(with_any))
