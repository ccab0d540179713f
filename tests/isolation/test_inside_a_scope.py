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
from tests.factories.campaigns import content, live
from tests.factories.exchange import unit as unit_key

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


@pytest.mark.parametrize(("who", "by", "state"), [
    ("contact.guangdong", "contact.guangdong", None), ("contact.guangdong", "head.guangdong", "42501"),
    ("contact.guangdong", "office", "42501"), ("contact.guangdong", None, "42501"), ("office", "leader", "42501"),
    ("admin", "office", "42501"), ("admin", "admin", None)])
def test_the_trail_names_who_acts(refusal: Said, superuser: Superuser, who: str, by: str | None, state: str | None) -> None:
    entry = ("INSERT INTO audit_entry (id, unit_id, at, by, action, subject_kind, subject_id, changes)"
             " VALUES (gen_random_uuid(), :unit, now(), :by, 'forge', 'assignment', gen_random_uuid(), '{}')")
    assert refusal(who, entry, unit=unit_key(superuser, who.partition(".")[2] or "hq"), by=people.key(by) if by else None) == state


def test_the_portal_itself_signs_with_no_name(app: Flask) -> None:
    entry = text("INSERT INTO audit_entry (id, unit_id, at, by, action, subject_kind, subject_id, changes)"
                 " VALUES (gen_random_uuid(), 20, now(), :by, 'forge', 'assignment', gen_random_uuid(), '{}')")
    with app.app_context(), acting_as(Scope(None, (20,))):
        db.session.execute(entry, {"by": None})
        with pytest.raises(DBAPIError):
            db.session.execute(entry, {"by": people.key("office")})


def test_only_who_was_told_acknowledges(acting: As, refusal: Said, superuser: Superuser) -> None:
    with acting("market.migu") as launcher:
        live(launcher, content("migu", lands_in=["beijing"]))
        db.session.commit()
    say = "UPDATE campaign_receipt SET acknowledged_at = now(), by_id = :by WHERE unit_id = :unit"
    beijing = unit_key(superuser, "beijing")
    for who, by, state in (("market.migu", "market.migu", "42501"), ("market.migu", "market.beijing", "42501"),
                           ("office", "office", "42501"), ("market.beijing", "head.beijing", "42501"),
                           ("market.beijing", "market.beijing", None)):
        assert refusal(who, say, by=people.key(by), unit=beijing) == state, (who, by)
    assert refusal("market.migu", "UPDATE campaign_receipt SET chased_at = now(), chase_count = chase_count + 1") is None
    superuser.execute("UPDATE campaign_receipt SET acknowledged_at = now(), by_id = %s", (people.key("market.beijing"),))
    assert refusal("market.beijing", "UPDATE campaign_receipt SET acknowledged_at = NULL, by_id = NULL") == "42501"
