"""What the runtime role may not do within a unit's own scope, though it knows every function and statement."""
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tenants.context import Scope
from tenants.db import db
from tenants.isolation import acting_as
from tests.conftest import As, Superuser
from tests.factories import people, world

Said = Callable[..., str | None]
FAR = "'9999-01-01'"
OUTSIDE = [f"SELECT app.purge_deliveries({FAR})", f"SELECT app.purge_answers({FAR})", f"SELECT app.purge_outbox({FAR})",
           f"SELECT app.purge_task_runs({FAR})", f"SELECT * FROM app.due_subscriptions({FAR})",
           f"SELECT * FROM app.outbox_waiting({FAR})",
           "SELECT app.announce_task(gen_random_uuid(), 'x', 'never', now(), now())",
           "SELECT app.begin_task_run(gen_random_uuid(), 'x', NULL, now())",
           "SELECT app.end_task_run(gen_random_uuid(), now(), 1, '{}', NULL)",
           "SELECT app.note_task_run(gen_random_uuid(), 'x', now(), now(), 1, '{}', NULL)",
           "SELECT * FROM app.tasks_asked_for(now())", "SELECT app.take_task_request(gen_random_uuid(), now())"]


@pytest.fixture
def refusal(acting: As) -> Said:
    """The SQL state by which a statement is refused to a person; None where it is done. It is rolled back."""
    def run(name: str, statement: str, **values: object) -> str | None:
        with acting(name):
            try:
                db.session.execute(text(statement), values)
            except DBAPIError as refused:
                return str(getattr(refused.orig, "sqlstate", ""))
            finally:
                db.session.rollback()
        return None
    return run


@pytest.mark.parametrize("statement", OUTSIDE)
def test_what_is_done_for_all_is_done_outside_of_every_scope(app: Flask, refusal: Said, statement: str) -> None:
    assert refusal("contact.guangdong", statement) == "42501"
    for scope in (Scope(None, (20,)), Scope(people.key("contact.guangdong"), ())):
        with app.app_context(), acting_as(scope), db.engine.begin() as c, pytest.raises(DBAPIError) as refused:
            c.execute(text(statement))
        assert getattr(refused.value.orig, "sqlstate", "") == "42501"
    with app.app_context(), db.engine.begin() as c:
        c.execute(text(statement))


@pytest.mark.parametrize(("function", "to", "first", "last", "state"), [
    ("contact.guangdong", "deputy.guangdong", date(2026, 3, 10), date(2027, 3, 11), None),
    ("contact.guangdong", "deputy.guangdong", date(2026, 3, 10), date(2027, 3, 12), "23514"),
    ("contact.guangdong", "deputy.guangdong", date(2026, 3, 10), date(2026, 3, 9), "23514"),
    ("contact.guangdong", "contact.beijing", date(2026, 3, 10), date(2026, 3, 20), "42501"),
    ("contact.guangdong", "contact.guangdong", date(2026, 3, 10), date(2026, 3, 20), "42501"),
    ("contact.beijing", "deputy.guangdong", date(2026, 3, 10), date(2026, 3, 20), "42501"),
    ("auditor", "office", date(2026, 3, 10), date(2026, 3, 20), "42501")])
def test_what_is_handed_over_to_whom_and_how_long(refusal: Said, function: str, to: str, first: date, last: date,
                                                 state: str | None) -> None:
    who = "auditor" if function == "auditor" else "contact.guangdong"
    assert refusal(who, "SELECT app.delegate(gen_random_uuid(), :function, :to, :first, :last)", first=first, last=last,
                   function=people.appointment_key(function), to=people.key(to)) == state


def test_nothing_is_handed_over_twice_at_one_time(refusal: Said, superuser: Superuser) -> None:
    function = people.appointment_key("contact.guangdong")
    superuser.execute("INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until)"
                      " VALUES (gen_random_uuid(), %s, %s, '2026-03-10', '2026-03-20')", (function, people.key("deputy.guangdong")))
    for first, state in ((20, "23514"), (21, None)):
        assert refusal("contact.guangdong", "SELECT app.delegate(gen_random_uuid(), :function, :to, :first, '2026-03-30')",
                       function=function, to=people.key("head.guangdong"), first=world.NOW.date().replace(day=first)) == state
