"""What the administrator's lane of the database reaches, and what others reach of what was made for it."""
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tenants.context import Lane, Scope
from tenants.db import db
from tenants.isolation import acting_as
from tests.conftest import Superuser
from tests.factories import people

PERSON = "(SELECT id FROM person WHERE email = 'contact@guangdong.example')"
FUNCTIONS = (f"SELECT app.give_access(gen_random_uuid(), {PERSON}, 'x', 'y')", f"SELECT app.has_access({PERSON})",
             "SELECT app.stop_delegation(gen_random_uuid(), '2026-01-01')")


ADMINISTRATOR = Scope(people.key("admin"), (1,), Lane.ADMINISTRATOR)


def _run(statement: str) -> None:
    with db.engine.begin() as c:
        c.execute(text(statement))


def state(refused: pytest.ExceptionInfo[DBAPIError]) -> str:
    return str(getattr(refused.value.orig, "sqlstate", ""))


@pytest.mark.parametrize("lane", [Lane.UNIT, Lane.OVERSIGHT, Lane.AUDITOR, Lane.SIGN_IN])
@pytest.mark.parametrize("statement", FUNCTIONS)
def test_only_the_administrators_lane_has_its_functions(app: Flask, lane: Lane, statement: str) -> None:
    with app.app_context(), acting_as(Scope(people.key("office"), (1,), lane)), pytest.raises(DBAPIError) as refused:
        _run(statement)
    assert state(refused) == "42501"


@pytest.mark.parametrize("statement", [
    "SELECT password FROM account", "UPDATE account SET password = 'x'", "INSERT INTO account (id) VALUES (gen_random_uuid())",
    "DELETE FROM person", "DELETE FROM unit", "DELETE FROM appointment", "DELETE FROM setting", "UPDATE unit SET id = 99",
    "UPDATE appointment SET person_id = gen_random_uuid()", "UPDATE term SET code = 'x'", "SELECT * FROM access_token",
    "UPDATE delegation SET valid_until = '2030-01-01'", "UPDATE audit_entry SET action = 'x'", "UPDATE filing SET state = 'draft'"])
def test_what_the_administrators_lane_cannot_do(app: Flask, statement: str) -> None:
    with app.app_context(), acting_as(ADMINISTRATOR), pytest.raises(DBAPIError) as refused:
        _run(statement)
    assert state(refused) == "42501"


def test_the_trail_of_business_stays_closed(app: Flask, superuser: Superuser) -> None:
    kinds = superuser.execute("SELECT DISTINCT subject_kind FROM audit_entry").fetchall()
    assert ("programme",) in kinds
    with app.app_context(), acting_as(ADMINISTRATOR), db.engine.begin() as c:
        seen = set(c.execute(text("SELECT DISTINCT subject_kind FROM audit_entry")).scalars())
        work = c.execute(text("SELECT (SELECT count(*) FROM assignment) + (SELECT count(*) FROM filing)")).scalar()
    assert not seen & {"programme", "filing", "assignment"} and work == 0


def test_a_password_for_once_is_marked_as_such(app: Flask, superuser: Superuser) -> None:
    with app.app_context(), acting_as(ADMINISTRATOR), db.engine.begin() as c:
        c.execute(text(FUNCTIONS[0]))
    found = superuser.execute("SELECT one_time, active FROM account WHERE person_id = %s",
                              (people.key("contact.guangdong"),)).fetchone()
    assert found == (True, True)
