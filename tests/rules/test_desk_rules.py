"""A desk's order and its strip of milestones, and the texts that stand on it in two languages."""
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import i18n, texts
from portal.desk.rules import Task, by_urgency, glance
from tenants.messages import N_

DAY = date(2026, 3, 10)
TASKS = st.builds(lambda n, due, since: Task(N_("%(n)s", n=n), None, "/x", N_("Open"), due, since=since), st.integers(0, 99),
                  st.none() | st.dates(DAY, DAY + timedelta(90)), st.none() | st.dates(DAY - timedelta(90), DAY))


@given(st.lists(TASKS))
def test_the_earliest_comes_first_and_what_has_no_day_last(tasks: list[Task]) -> None:
    ordered = by_urgency(tasks)
    assert sorted(map(id, ordered)) == sorted(map(id, tasks))
    days = [t.due for t in ordered]
    dated = [d for d in days if d]
    assert days == dated + [None] * (len(days) - len(dated)) and dated == sorted(dated)
    waits = [t.since or date.max for t in ordered if t.due is None]
    assert waits == sorted(waits)


def test_the_order_does_not_depend_on_how_they_came() -> None:
    tasks = [Task(N_("a"), None, "/", N_("Open"), DAY), Task(N_("b"), None, "/", N_("Open"), DAY),
             Task(N_("c"), None, "/", N_("Open"))]
    assert by_urgency(tasks) == by_urgency(reversed(tasks))


@pytest.mark.parametrize(("lights", "light", "closed", "overdue"), [
    ([], None, 0, 0), (["closed", "closed"], "closed", 2, 0), (["closed", "red", "amber"], "red", 1, 1),
    (["grey", "grey"], "grey", 0, 0), (["blue", "closed"], "blue", 1, 0), (["green", "amber"], "amber", 0, 0)])
def test_a_milestone_at_a_glance(lights: list[str], light: str | None, closed: int, overdue: int) -> None:
    found = glance("sorting", DAY, lights)
    assert (found.light, found.closed, found.total, found.overdue) == (light, closed, len(lights), overdue)


@pytest.mark.parametrize(("typed", "kept"), [
    (None, ""), ("  a\r\nb\rc ", "a\nb\nc"), ("x\0y\x07z", "xyz"), ("e\u0301", "é"), ("\ud800", ""), ("好🙂", "好🙂"),
    ("a\tb", "a\tb"), ("\u202eecneicS \u2066x\u2069", "ecneicS x"), ("\U0001f469\u200d\U0001f52c", "\U0001f469\u200d\U0001f52c")])
def test_what_is_typed_is_made_fit_to_keep(typed: str | None, kept: str) -> None:
    assert texts.clean(typed) == kept and texts.clean(texts.clean(typed)) == kept


@given(st.text())
def test_cleaning_twice_is_cleaning_once(typed: str) -> None:
    assert texts.clean(texts.clean(typed)) == texts.clean(typed)
    texts.clean(typed).encode()


def test_a_letter_is_written_in_its_readers_language() -> None:
    said = N_("%(unit)s handed in: %(title)s", unit={"en": "Guangdong", "zh": "广东"}, title={"en": "Plan", "zh": "方案"})
    assert i18n.translate(said, "en") == "Guangdong handed in: Plan"
    assert "广东" in i18n.translate(said, "zh") and "Guangdong" not in i18n.translate(said, "zh")
    assert i18n.translate(N_("no such text"), "zh") == "no such text"
