"""People, functions and credentials in their lanes, and the commands that make them."""
import json
from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy.exc import DBAPIError, ProgrammingError

from portal.accounts import commands, queries, rules, service
from portal.admin import queries as admin_queries
from tenants import clock, directory
from tenants.access import HEADQUARTERS
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.errors import Invalid
from tenants.isolation import acting_as
from tenants.models import Appointment, Unit
from tenants.vocabulary import Line, Role
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.services.at_once import at_once
from tests.web.browsing import Browser

ADMINISTRATOR, SIGN_IN = Scope(None, (HEADQUARTERS,), Lane.ADMINISTRATOR), Scope(None, (HEADQUARTERS,), Lane.SIGN_IN)
Command = Callable[..., Result]


@pytest.fixture
def command(app: Flask) -> Command:
    def run(name: str, *arguments: str, given: str = "") -> Result:
        return CliRunner().invoke(getattr(commands, name), arguments, input=given, obj=lambda settings: app)
    return run


def unit(code: str) -> Unit:
    found = directory.unit_by_code(code)
    assert found is not None
    return found


@pytest.mark.parametrize(("email", "name", "phone", "language", "field"), [
    ("", "n", "", "zh", "email"), ("nonsense", "n", "", "zh", "email"), ("a@b", "n", "", "zh", "email"),
    ("x" * 300 + "@hq.example", "n", "", "zh", "email"), ("a b@hq.example", "n", "", "zh", "email"),
    ("OFFICE@hq.example", "n", "", "zh", "email"), ("new@hq.example", " \0 ", "", "zh", "name"),
    ("new@hq.example", "n" * 10_000, "", "zh", "name"), ("new@hq.example", "n", "1" * 100, "zh", "phone"),
    ("new@hq.example", "n", "", "fr", "language")])
def test_faults_of_a_person(app: Flask, email: str, name: str, phone: str, language: str, field: str) -> None:
    with app.app_context(), acting_as(ADMINISTRATOR), pytest.raises(Invalid) as refused:
        service.create_person(email, name, phone, language)
    assert set(refused.value.errors) == {field}


def test_a_person_is_made_clean_and_recorded(app: Flask, superuser: Superuser) -> None:
    with app.app_context(), acting_as(ADMINISTRATOR):
        key = service.create_person("  New.Person@HQ.example ", " 示\r\n例\0 <b> 😀 ", "1").id
        db.session.commit()
    stored = superuser.execute("SELECT email, name FROM person WHERE id = %s", (key,)).fetchone()
    assert stored == ("new.person@hq.example", "示 例 <b> 😀")
    assert superuser.execute("SELECT action FROM audit_entry WHERE subject_id = %s", (key,)).fetchone() == ("create",)


@pytest.mark.parametrize(("role", "code", "line", "until", "field"), [
    (Role.HQ_OFFICE, "guangdong", None, None, "role"), (Role.ADMINISTRATOR, "migu", None, None, "role"),
    (Role.HQ_LINE_LEAD, "hq", None, None, "line"), (Role.LINE_OWNER, "guangdong", None, None, "line"),
    (Role.UNIT_CONTACT, "guangdong", Line.IT, None, "line"), (Role.HQ_OFFICE, "hq", Line.IT, None, "line"),
    (Role.MEMBER, "guangdong", None, date(2026, 3, 9), "valid_until"), (Role.LINE_OWNER, "guangdong", Line.IT, None, "role")])
def test_faults_of_a_function(app: Flask, role: Role, code: str, line: Line | None, until: date | None, field: str) -> None:
    with app.app_context(), acting_as(ADMINISTRATOR):
        who = queries.person(people.key("it.guangdong"))
        with pytest.raises(Invalid) as refused:
            service.appoint(who, unit(code), role, line, valid_until=until, under=None)
    assert set(refused.value.errors) == {field}


def test_the_same_function_in_another_time(app: Flask) -> None:
    with app.app_context(), acting_as(ADMINISTRATOR):
        who = queries.person(people.key("leader"))
        service.appoint(who, unit("beijing"), Role.MEMBER, valid_from=date(2026, 4, 1), valid_until=date(2026, 4, 30), under=None)
        service.appoint(who, unit("beijing"), Role.MEMBER, valid_from=date(2026, 5, 1), under=None)
        with pytest.raises(Invalid):
            service.appoint(who, unit("beijing"), Role.MEMBER, valid_from=date(2026, 6, 1), under=None)


def test_of_two_who_appoint_at_once_the_second_sees_the_first(acting: As, superuser: Superuser) -> None:
    def appoint(_: int, meet: Callable[[], object]) -> None:
        with acting("admin") as admin:
            who, where = queries.person(people.key("leader")), unit("beijing")
            meet()
            service.appoint(who, where, Role.MEMBER, actor=admin)
            db.session.commit()
    assert [type(fault) for fault in at_once(range(4), appoint)] == [Invalid] * 3
    made = superuser.execute("SELECT count(*) FROM appointment WHERE person_id = %s AND role = 'member'", (people.key("leader"),))
    assert made.fetchone() == (1,)


def test_of_two_who_hand_over_at_once_the_second_sees_the_first(acting: As, superuser: Superuser) -> None:
    def delegate(to: str, meet: Callable[[], object]) -> None:
        with acting("contact.guangdong") as actor:
            meet()
            service.delegate(people.appointment_key("contact.guangdong"), people.key(to), DAY, DAY, actor=actor, whole=actor)
            db.session.commit()
    faults = at_once(["deputy.guangdong", "head.guangdong", "market.guangdong", "member.guangdong"], delegate)
    assert [type(fault) for fault in faults] == [Invalid] * 3
    assert superuser.execute("SELECT count(*) FROM delegation").fetchone() == (1,)


DAY = date(2026, 3, 10)                                # on which the test world stands still


def row_of(key: UUID) -> Appointment:
    """As the administrator's pages load it."""
    row = admin_queries.appointment(key)
    assert row is not None
    return row


@pytest.mark.parametrize(("given", "changed", "told"), [
    ((DAY, None), (DAY, date(2026, 3, 20)), ["2026-03-21"]), ((DAY, date(2026, 6, 30)), (DAY, date(2026, 6, 30)), ["2026-07-01"]),
    ((DAY, date(2026, 6, 30)), (DAY, date(2026, 3, 20)), ["2026-07-01", "2026-03-21"]),
    ((DAY, date(2026, 3, 20)), (DAY, None), ["2026-03-21"]), ((DAY, None), (date(2026, 4, 1), None), ["2026-03-10"]),
    ((DAY, None), (date(2026, 3, 1), None), []), ((date(2026, 4, 1), None), (date(2026, 5, 1), None), [])])
def test_the_end_of_a_function_is_told_on_its_day(
        app: Flask, acting: As, superuser: Superuser, given: tuple[date, date | None], changed: tuple[date, date | None],
        told: list[str]) -> None:
    """However it comes about: with a last day from the beginning, with one given later, or begun today and put off. Whoever hears
    looks at how it stands then, so that a day that was meant once harms nothing."""
    with acting("admin") as admin:
        made = service.appoint(queries.person(people.key("leader")), unit("hq"), Role.HQ_OFFICE, None, False, *given, actor=admin)
        service.change_appointment(row_of(made.id), True, *changed, version=made.version, actor=admin)
        db.session.commit()
    posted = superuser.execute("SELECT payload ->> 'day', next_at FROM outbox_message WHERE topic = %s"
                               " AND payload ->> 'unit' = '1' ORDER BY id", (service.ENDED,)).fetchall()
    assert [row[0] for row in posted] == told
    assert [row[1] for row in posted] == [max(world.NOW, clock.at(date.fromisoformat(d), 0)) for d in told]


def test_what_has_begun_is_not_put_off(app: Flask, acting: As, superuser: Superuser) -> None:
    """It would look as if it had never been: it is ended, and another begins."""
    with acting("admin") as admin:
        row = row_of(people.appointment_key("market.migu"))
        with pytest.raises(Invalid) as refused:
            service.change_appointment(row, row.deputy, date(2026, 4, 1), None, version=row.version, actor=admin)
    assert set(refused.value.errors) == {"valid_from"}


def test_what_the_library_reads_is_what_we_store(app: Flask) -> None:
    hashed = service.hash_password("ｃorrect")
    pwd_context = app.extensions["security"].pwd_context
    with app.app_context():
        assert pwd_context.verify("correct", hashed) and not pwd_context.needs_update(hashed)


@pytest.mark.parametrize("words", ["示例-guangdong-2026", "correct horse battery", "x7#kQ!29vLp$", "😀🐎🔋📎🎲 seven clouds"])
def test_strong_passwords(words: str) -> None:
    assert rules.weaknesses(words, ("contact@guangdong.example", "示例")) == []


@pytest.mark.parametrize("words", ["contact@guangdong.example", "guangdong.example", "1234567890", "passwordpassword", "x" * 200,
                                   "tab\tin the middle"])
def test_weak_passwords(words: str) -> None:
    assert rules.weaknesses(words, ("contact@guangdong.example", "示例"))


def test_closed_accounts_end_everything(app: Flask) -> None:
    browser = Browser(app)
    browser.sign_in("office")
    with app.app_context():
        with acting_as(SIGN_IN):
            token = service.make_token(people.key("office"), 1)
            db.session.commit()
        found = directory.identity_of_token(service.digest(token))
        assert found is not None and found.person == people.key("office")
        with acting_as(SIGN_IN):
            service.close_account(people.key("office"))
            db.session.commit()
        assert directory.identity_of_token(service.digest(token)) is None
    assert browser.get("/account").status_code == 303
    assert Browser(app).sign_in("office").status_code == 422


def test_a_first_administrator_from_the_command_line(command: Command, app: Flask) -> None:
    made = command("user", "create", "--email", "First@HQ.example", "--name", "示例 first")
    assert made.exit_code == 0, made.output
    password = made.stdout.strip()
    assert len(password) == 19
    appointed = command("appoint", "--email", "first@hq.example", "--role", "administrator", "--unit", "hq")
    assert appointed.exit_code == 0, appointed.output
    browser = Browser(app)
    assert browser.sign_in("first@hq.example", password).status_code == 302
    assert browser.get("/account").location == "/account/password"         # it serves once


def test_the_password_from_standard_input(command: Command, app: Flask) -> None:
    words = "seven quiet lanterns"
    made = command("user", "create", "--email", "second@hq.example", "--name", "n", "--password-stdin", given=words + "\n")
    assert made.exit_code == 0 and words not in made.output
    assert Browser(app).sign_in("second@hq.example", words).status_code == 302
    weak = command("user", "create", "--email", "third@hq.example", "--name", "n", "--password-stdin", given="weak\n")
    assert weak.exit_code == 1 and "password" in weak.output
    with app.app_context(), acting_as(ADMINISTRATOR):
        assert queries.person_by_email("third@hq.example") is None


@pytest.mark.parametrize("arguments", [
    ("appoint", "--email", "nobody@hq.example", "--role", "member", "--unit", "hq"),
    ("appoint", "--email", "office@hq.example", "--role", "member", "--unit", "nowhere"),
    ("appoint", "--email", "office@hq.example", "--role", "line_owner", "--unit", "beijing"),
    ("token", "create", "--email", "nobody@hq.example"), ("user", "create", "--email", "x", "--name", "n")])
def test_one_clear_line_when_refused(command: Command, arguments: tuple[str, ...]) -> None:
    refused = command(*arguments)
    assert refused.exit_code == 1 and refused.stdout == ""
    assert refused.stderr.startswith("Error: ") and refused.stderr.count("\n") == 1


def test_a_token_and_nothing_else(command: Command, app: Flask, superuser: Superuser) -> None:
    made = command("token", "create", "--email", "contact@guangdong.example", "--days", "1")
    assert made.exit_code == 0 and made.stderr == ""
    token = made.stdout.removesuffix("\n")
    assert token.strip() == token and "\n" not in token
    client = app.test_client()
    answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200 and json.loads(answer.text)["email"] == "contact@guangdong.example"
    assert superuser.execute("SELECT count(*) FROM access_token WHERE digest = %s", (token.encode(),)).fetchone() == (0,)
    ended = command("token", "revoke", "--email", "contact@guangdong.example", "--token-stdin", given=token + "\n")
    assert ended.exit_code == 0 and ended.stderr == "1 ended.\n"
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.parametrize(("change", "why"), [
    ("UPDATE person SET left_on = '2026-03-10' WHERE email = 'head@tibet.example'", "has left"),
    ("UPDATE account SET active = false WHERE person_id = (SELECT id FROM person WHERE email = 'head@tibet.example')", "access")])
def test_no_token_is_made_that_nothing_would_answer(command: Command, superuser: Superuser, change: str, why: str) -> None:
    superuser.execute(change)
    refused = command("token", "create", "--email", "head@tibet.example")
    assert refused.exit_code == 1 and refused.stdout == ""
    assert refused.stderr.startswith("Error: ") and refused.stderr.count("\n") == 1 and why in refused.stderr
    assert superuser.execute("SELECT count(*) FROM access_token").fetchone() == (0,)


def test_units_may_not_touch_accounts(app: Flask) -> None:
    office = Scope(people.key("office"), (HEADQUARTERS,), Lane.OVERSIGHT)
    with app.app_context(), acting_as(office), pytest.raises(ProgrammingError):
        queries.account_of(people.key("office"))


def test_what_was_written_stands_in_no_log_of_its_failure(app: Flask) -> None:
    with app.app_context(), acting_as(SIGN_IN), pytest.raises(DBAPIError) as failed:
        service.set_password(people.key("office"), people.email("office"), hashed="a hash that is kept secret\0")
    assert "kept secret" not in str(failed.value) and "parameters hidden" in str(failed.value)
