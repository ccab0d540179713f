"""Supervision orders: what may follow what, the terms of the grades, and the light."""
from datetime import date

import pytest

from portal.supervision import rules
from portal.supervision.rules import ACTIONS, MACHINE, Grade, OrderState
from portal.workdays import STANDARD
from tenants.errors import RuleViolated
from tenants.vocabulary import Role

TODAY = date(2026, 3, 10)                              # a Tuesday
TABLE = {("open", "reply"): "replied", ("open", "ask_time"): "open", ("open", "extend"): "open", ("open", "decline"): "open",
         ("open", "withdraw"): "withdrawn",
         ("replied", "accept"): "closed", ("replied", "return"): "open", ("replied", "withdraw"): "withdrawn"}


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("action", ACTIONS)
def test_what_follows_what(state: OrderState, action: str) -> None:
    if (state, action) in TABLE:
        assert MACHINE.step(state, action).target == TABLE[state, action]
    else:
        with pytest.raises(RuleViolated):
            MACHINE.step(state, action)


@pytest.mark.parametrize(("grade", "term", "roles", "leadership"), [
    (Grade.ORDINARY, date(2026, 3, 24), (Role.UNIT_CONTACT,), False),
    (Grade.URGENT, date(2026, 3, 17), (Role.UNIT_CONTACT, Role.UNIT_HEAD), False),
    (Grade.SERIOUS, date(2026, 3, 13), (Role.UNIT_CONTACT, Role.UNIT_HEAD), True)])
def test_a_grade_sets_the_term_and_who_hears(grade: Grade, term: date, roles: tuple[Role, ...], leadership: bool) -> None:
    assert rules.term_of(grade, TODAY, STANDARD) == term
    assert rules.told(grade) == (roles, leadership)


@pytest.mark.parametrize(("state", "grade", "term", "replied", "code", "late"), [
    ("open", "ordinary", date(2026, 3, 16), None, "green", 0), ("open", "ordinary", date(2026, 3, 13), None, "amber", 0),
    ("open", "serious", date(2026, 3, 12), None, "green", 0), ("open", "serious", TODAY, None, "amber", 0),
    ("open", "urgent", date(2026, 3, 9), None, "red", 1), ("open", "urgent", date(2026, 3, 3), None, "red", 7),
    ("replied", "urgent", date(2026, 3, 3), date(2026, 3, 5), "blue", 2),
    ("replied", "urgent", date(2026, 3, 3), date(2026, 3, 2), "blue", 0),
    ("closed", "urgent", date(2026, 3, 3), date(2026, 3, 5), "closed", 2),
    ("withdrawn", "urgent", date(2026, 3, 3), None, "grey", 0)])
def test_the_light(state: str, grade: str, term: date, replied: date | None, code: str, late: int) -> None:
    found = rules.light(state, grade, term, replied, TODAY, STANDARD)
    assert (found.code, found.late_days) == (code, late)
