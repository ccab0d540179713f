"""Wall 2 as the runtime role meets it: no scope, nothing; a scope, just its own; no way from one to another."""
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask import Flask
from sqlalchemy import CheckConstraint, func, select, text
from sqlalchemy.exc import DBAPIError

from portal import embedded
from portal.assignments.models import Assignment
from portal.models import METADATA
from tenants import context
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.errors import NoScope, ScopeChanged
from tenants.isolation import acting_as
from tenants.rls import Kind
from tests.conftest import As, Superuser

OPEN_KINDS = (Kind.REFERENCE, Kind.PUBLISHED)
UNIT_TABLES = sorted(t.name for t in METADATA.sorted_tables if t.info["rls"].kind not in OPEN_KINDS)
ACCOUNTS = {t.name for t in METADATA.sorted_tables if t.info["rls"].kind is Kind.ACCOUNTS}
OWNED = sorted(t.name for t in METADATA.sorted_tables if t.info["rls"].kind is Kind.OWNED)


@pytest.fixture
def ids(superuser: Superuser) -> Callable[[str], int]:
    def made(code: str) -> int:
        row = superuser.execute("SELECT id FROM unit WHERE code = %s", (code,)).fetchone()
        assert row
        return int(row[0])
    return made


@pytest.fixture
def raw(server: embedded.Server, database: str) -> "psycopg.Connection[tuple[object, ...]]":
    """As `psql` with the runtime role's password."""
    return server.connect("portal_app", database, autocommit=True)


# A value for each type of column, and for those of which a table asks for more.
_VALUES = {"UUID": "gen_random_uuid()", "INTEGER": "1", "BIGINTEGER": "1", "DATE": "current_date", "DATETIME": "now()",
           "JSONB": "'{}'", "BLOB": "''", "LARGEBINARY": "''", "BOOLEAN": "true", "ARRAY": "'{}'"}
_MORE = {("extension", "due"): "current_date + 1", ("supervision", "state"): "'open'",
         ("supervision", "code"): "gen_random_uuid()", ("campaign", "parties"): "'{1}'", ("issue", "parties"): "'{1}'",
         ("meeting", "ends_at"): "now() + interval '1 hour'", ("audit_head", "unit_id"): "99",
         ("bulletin_document", "digest"): "sha256('')"}
_ONE_OF = re.compile(r"(\w+) IN \(('\w+')")


def _row(table: str, **given: str) -> dict[str, str]:
    """Something for every column that must have it."""
    t = METADATA.tables[table]
    allowed = dict(m for c in t.constraints if isinstance(c, CheckConstraint) for m in _ONE_OF.findall(str(c.sqltext)))
    found = {c.name: _MORE.get((table, c.name)) or allowed.get(c.name)
             or _VALUES.get(type(c.type).__name__.upper(), _VALUES.get(str(c.type).upper(), "'x'"))
             for c in t.columns if not c.nullable}
    return {**found, **given}


def _insert(table: str, row: dict[str, str]) -> str:
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})"


@pytest.mark.parametrize("table", UNIT_TABLES)
def test_without_a_scope_nothing_is_read_or_written(raw: "psycopg.Connection[tuple[object, ...]]", app: Flask, table: str,
                                                   superuser: Superuser) -> None:
    superuser.execute(_insert(table, _row(table)))
    kept = superuser.execute(f"SELECT count(*) FROM {table}").fetchone()
    granted = METADATA.tables[table].info["rls"].unit_updates
    for statement in (f"SELECT count(*) FROM {table}", f"DELETE FROM {table}", f"TRUNCATE {table}",
                      *(f"UPDATE {table} SET {column} = {column}" for column in granted)):
        try:
            row = raw.execute(statement).fetchone() if statement.startswith("SELECT") else raw.execute(statement).rowcount
            assert row in ((0,), 0), statement
        except psycopg.errors.InsufficientPrivilege:
            assert not statement.startswith("UPDATE") or table in ACCOUNTS, "a column that a unit updates is granted"
    assert kept and kept[0] and superuser.execute(f"SELECT count(*) FROM {table}").fetchone() == kept


@pytest.mark.parametrize("table", UNIT_TABLES)
def test_without_a_scope_nothing_is_added(raw: "psycopg.Connection[tuple[object, ...]]", app: Flask, table: str) -> None:
    """The policy speaks before any constraint does."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw.execute(_insert(table, _row(table)))


@pytest.mark.parametrize("table", OWNED)
def test_with_one_units_scope_just_its_rows(raw: "psycopg.Connection[tuple[object, ...]]", app: Flask, table: str,
                                           ids: Callable[[str], int], superuser: Superuser) -> None:
    guangdong, tibet = ids("guangdong"), ids("tibet")
    for unit in (guangdong, tibet):
        superuser.execute(_insert(table, _row(table, unit_id=str(unit))))
    with raw.transaction():
        raw.execute("SELECT set_config('app.unit_ids', %s, true)", (f"{{{guangdong}}}",))
        assert raw.execute(f"SELECT DISTINCT unit_id FROM {table}").fetchall() == [(guangdong,)]
        for column in METADATA.tables[table].info["rls"].unit_updates:
            assert raw.execute(f"UPDATE {table} SET {column} = {column} WHERE unit_id = %s", (tibet,)).rowcount == 0, column
    with pytest.raises(psycopg.errors.InsufficientPrivilege), raw.transaction():
        raw.execute("SELECT set_config('app.unit_ids', %s, true)", (f"{{{guangdong}}}",))
        raw.execute(_insert(table, _row(table, unit_id=str(tibet))))


def _count() -> int:
    return db.session.scalar(select(func.count()).select_from(Assignment)) or 0


def test_the_orm_refuses_to_begin_without_a_scope(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(NoScope):
            _count()
        db.session.rollback()


def test_lanes_see_what_they_are_for(app: Flask, ids: Callable[[str], int], superuser: Superuser) -> None:
    row = superuser.execute("SELECT count(*), count(*) FILTER (WHERE unit_id = %s) FROM assignment", (ids("tibet"),)).fetchone()
    assert row
    with app.app_context():
        for lane, expected in ((Lane.UNIT, row[1]), (Lane.OVERSIGHT, row[0]), (Lane.AUDITOR, row[0]), (Lane.ADMINISTRATOR, 0)):
            with acting_as(Scope(None, (ids("tibet"),), lane)):
                assert _count() == expected
        with acting_as(Scope(None, (ids("tibet"),), Lane.SIGN_IN)), pytest.raises(DBAPIError):
            _count()


def test_a_scope_does_not_change_within_a_transaction(app: Flask, ids: Callable[[str], int]) -> None:
    one, other = Scope(None, (ids("tibet"),)), Scope(None, (ids("beijing"),))
    with app.app_context():
        with acting_as(one):
            _count()
            with pytest.raises(ScopeChanged), acting_as(other):
                pass
        with acting_as(one), db.engine.connect() as c:
            c.execute(text("SELECT 1"))
            with context.bound(other), pytest.raises(ScopeChanged):
                c.execute(text("SELECT 1"))
        with acting_as(one):
            _count()
            with context.bound(other), pytest.raises(ScopeChanged):
                _count()
        with acting_as(one), context.bound(other), pytest.raises(ScopeChanged), db.session.begin_nested():
            with context.bound(one):
                _count()
            _count()


def test_one_connection_serves_units_in_turn(app: Flask, ids: Callable[[str], int]) -> None:
    """After a commit, an error, a rollback: the next unit sees its own, whatever the connection served before."""
    tibet, migu = Scope(None, (ids("tibet"),)), Scope(None, (ids("migu"),))
    endings: tuple[Callable[[], object], ...] = (lambda: db.session.commit(), lambda: db.session.rollback(), _fail)
    with app.app_context():
        db.engine.dispose()
        seen = set()
        for ending in endings * 2:
            for scope in (tibet, migu):
                with acting_as(scope):
                    units = set(db.session.scalars(select(Assignment.unit_id).distinct()))
                    assert units == set(scope.units)
                    seen.add(db.session.scalar(text("SELECT pg_backend_pid()")))
                    ending()
        assert len(seen) == 1                                # it was one and the same connection
        with db.engine.begin() as c:
            assert c.execute(text("SELECT count(*) FROM assignment")).scalar() == 0


def _fail() -> None:
    with pytest.raises(DBAPIError):
        db.session.execute(text("SELECT 1 / 0"))
    db.session.rollback()


def test_identity_map_gives_nothing_foreign_back(app: Flask, ids: Callable[[str], int]) -> None:
    with app.app_context():
        with acting_as(Scope(None, (ids("tibet"),))):
            key = db.session.scalars(select(Assignment.id).limit(1)).one()
            assert db.session.get(Assignment, key) is not None
        with acting_as(Scope(None, (ids("migu"),))):
            assert db.session.get(Assignment, key) is None


@pytest.mark.parametrize("statement", [
    "DELETE FROM assignment", "TRUNCATE assignment", "ALTER TABLE assignment DISABLE ROW LEVEL SECURITY",
    "UPDATE assignment SET unit_id = 2", "UPDATE assignment SET due = due + 1", "UPDATE assignment SET owner_id = NULL",
    "UPDATE filing SET approved_at = now()", "UPDATE filing_review SET verdict = 'approve'", "DELETE FROM filing_note",
    "INSERT INTO unit (id, code) VALUES (999, 'x')", "UPDATE unit SET name = 'x'", "UPDATE person SET email = 'x'",
    "UPDATE appointment SET role = 'hq_office'", "UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry",
    "INSERT INTO audit_head VALUES (2, 9, '')", "SELECT password FROM account", "SELECT digest FROM access_token",
    "UPDATE programme SET state = 'draft'", "INSERT INTO liaison (id) VALUES (gen_random_uuid())", "SELECT * FROM audit_head",
    "UPDATE outbox_message SET payload = '{}'", "UPDATE setting SET value = '{}'",
])
def test_what_a_units_scope_cannot_do(app: Flask, ids: Callable[[str], int], statement: str) -> None:
    with app.app_context(), acting_as(Scope(None, (ids("tibet"),))), db.engine.begin() as c, pytest.raises(DBAPIError) as refused:
        c.execute(text(statement))
    assert getattr(refused.value.orig, "sqlstate", "") == "42501"


def test_a_member_is_all_that_a_unit_appoints(app: Flask, acting: As) -> None:
    with acting("contact.tibet") as contact, pytest.raises(DBAPIError) as refused:
        db.session.execute(text(
            "INSERT INTO appointment (id, person_id, unit_id, role, deputy, valid_from, version) VALUES"
            " (gen_random_uuid(), :person, :unit, 'unit_head', false, '2026-01-01', 1)"),
            {"person": contact.person, "unit": contact.appointments[0].unit})
    assert getattr(refused.value.orig, "sqlstate", "") == "42501"


@pytest.mark.parametrize("statement", [
    "UPDATE assignment SET percent = 1", "SELECT * FROM assignment FOR UPDATE",
    "INSERT INTO audit_entry (id) VALUES (gen_random_uuid())", "UPDATE filing SET state = 'approved'",
    "UPDATE unit SET name = 'x'", "SELECT * FROM account"])
def test_the_auditor_changes_nothing(app: Flask, statement: str) -> None:
    with app.app_context(), acting_as(Scope(None, (1,), Lane.AUDITOR)), db.engine.begin() as c, pytest.raises(DBAPIError):
        c.execute(text(statement))


def test_sixteen_threads_of_mixed_units_never_see_each_other(app: Flask, ids: Callable[[str], int]) -> None:
    scopes = [Scope(None, (ids(code),)) for code in ("tibet", "migu", "beijing", "guangdong", "terminal")]

    def work(n: int) -> set[tuple[tuple[int, ...], int]]:
        wrong = set()
        for turn in range(25):
            scope = scopes[(n + turn) % len(scopes)]
            with app.app_context(), acting_as(scope):
                units = db.session.scalars(select(Assignment.unit_id).distinct())
                wrong |= {(scope.units, u) for u in units if u not in scope.units}
                if turn % 3 == 0:
                    db.session.commit()
                elif turn % 3 == 1:
                    db.session.rollback()
        return wrong
    with ThreadPoolExecutor(16) as pool:
        assert set().union(*pool.map(work, range(16))) == set()
