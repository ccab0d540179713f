"""The chains hold under concurrency, show every kind of tampering, and lose nothing but what was rolled back."""
import re
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.audit import queries
from portal.audit import service as audit
from portal.audit.commands import audit as command
from portal.audit.rules import ACTIONS, KINDS
from tenants.access import Appointment
from tenants.context import Scope
from tenants.db import db, uuid7
from tenants.errors import NoScope
from tenants.isolation import acting_as
from tenants.vocabulary import Role
from tests.conftest import ROOT, As, Superuser
from tests.factories import people

UNITS = (2, 3, 4)
THING = UUID(int=1)


@pytest.fixture(autouse=True)
def empty(superuser: Superuser) -> None:
    """The world's own entries are none of these tests' business."""
    superuser.execute("DELETE FROM audit_entry; DELETE FROM audit_head")


def note(action: str, unit: int = 2) -> None:
    under = Appointment(uuid7(), Role.UNIT_CONTACT, unit, "u", people.key("office"))
    audit.record(action, "filing", THING, {"state": [None, "draft"]}, under=under)


def broken(superuser: Superuser) -> list[str]:
    return [str(row[0]) for row in superuser.execute("SELECT entry FROM app.audit_broken()").fetchall()]


def write(app: Flask, *actions: str, units: tuple[int, ...] = (2,)) -> None:
    """One transaction with these entries, in turn in each of the units' chains."""
    with app.app_context(), acting_as(Scope(people.key("office"), units)):
        for action in actions:
            for unit in units:
                note(action, unit)
        db.session.commit()


def test_chains_hold_under_concurrency(app: Flask, superuser: Superuser) -> None:
    def one(n: int) -> None:
        write(app, "first", "second", units=UNITS if n % 2 else tuple(reversed(UNITS)))     # in opposite orders: no deadlock
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(40)))
    found = superuser.execute("SELECT unit_id, count(*), max(seq) FROM audit_entry GROUP BY 1 ORDER BY 1").fetchall()
    assert found == [(unit, 80, 80) for unit in UNITS] and broken(superuser) == []
    turned = superuser.execute("SELECT count(*) FROM audit_entry a JOIN audit_entry b USING (unit_id) WHERE b.seq = a.seq + 1"
                               " AND a.action = 'second' AND b.action = 'second'").fetchone()
    assert turned == (0,)                              # entries of one transaction stay together, in their order


FORGERIES = {
    "what was done": ("UPDATE audit_entry SET action = 'approve' WHERE unit_id = 2 AND seq = 3", "beijing, number 3: entry"),
    "before and after": ("UPDATE audit_entry SET changes = '{}' WHERE unit_id = 2 AND seq = 1", "beijing, number 1: entry"),
    "who": ("UPDATE audit_entry SET by = NULL WHERE unit_id = 2 AND seq = 5", "beijing, number 5: entry"),
    "when": ("UPDATE audit_entry SET at = at + interval '1 us' WHERE unit_id = 2 AND seq = 2", "beijing, number 2: entry"),
    "in whose name": ("UPDATE audit_entry SET on_behalf_of = by WHERE unit_id = 2 AND seq = 2", "beijing, number 2: entry"),
    "a link cut out": ("DELETE FROM audit_entry WHERE unit_id = 2 AND seq = 3", "beijing, number 4: entry"),
    "the first cut off": ("DELETE FROM audit_entry WHERE unit_id = 2 AND seq = 1", "beijing, number 2: entry"),
    "the tail cut off": ("DELETE FROM audit_entry WHERE unit_id = 2 AND seq = 5", "the chain does not end at its recorded head"),
    "all of it": ("DELETE FROM audit_entry WHERE unit_id = 2", "the chain does not end at its recorded head"),
    "two exchanged": ("UPDATE audit_entry SET seq = CASE seq WHEN 2 THEN 30 ELSE 2 END WHERE unit_id = 2 AND seq IN (2, 3);"
                      "UPDATE audit_entry SET seq = 3 WHERE unit_id = 2 AND seq = 30", "beijing, number 2: entry"),
    "moved to another chain": ("UPDATE audit_entry SET unit_id = 3, seq = 6 WHERE unit_id = 2 AND seq = 5",
                               "beijing, number 5: the chain"),
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_every_kind_of_tampering_shows(app: Flask, superuser: Superuser, kind: str) -> None:
    write(app, "a", "b", "c", "d", "e", units=(2, 3))
    assert broken(superuser) == []
    statement, first = FORGERIES[kind]
    superuser.execute(statement)
    assert first in broken(superuser)[0]


def test_a_forger_who_mends_the_hash_is_betrayed_by_the_next_link(app: Flask, superuser: Superuser) -> None:
    write(app, "a", "b", "c")
    superuser.execute("UPDATE audit_entry SET action = 'x' WHERE seq = 2")
    superuser.execute("UPDATE audit_entry e SET hash = app.audit_hash(e) WHERE seq = 2")
    assert broken(superuser)[0].endswith("does not follow its predecessor") and "number 3" in broken(superuser)[0]


def test_the_runtime_role_can_change_and_remove_nothing(app: Flask) -> None:
    write(app, "a")
    for statement in ("UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry", "SELECT * FROM audit_head",
                      "TRUNCATE audit_entry"):
        with app.app_context(), acting_as(Scope(people.key("office"), (2,))), pytest.raises(DBAPIError):
            db.session.execute(text(statement))


def test_nobody_writes_into_another_units_chain(app: Flask) -> None:
    with app.app_context(), acting_as(Scope(people.key("office"), (2,))), pytest.raises(DBAPIError):
        note("forged", 3)
        db.session.commit()


def test_a_savepoint_takes_only_its_own_entries_with_it(app: Flask, superuser: Superuser) -> None:
    with app.app_context(), acting_as(Scope(None, (2,))):
        note("rolled back")
        db.session.scalar(text("SELECT 1"))
        db.session.rollback()
        note("outer")
        with db.session.begin_nested():
            note("kept")
        assert len(db.session.info["audit"]) == 2      # still waiting: the savepoint has locked no chain
        with pytest.raises(DBAPIError), db.session.begin_nested():
            note("lost")
            db.session.execute(text("INSERT INTO audit_entry (id) VALUES (gen_random_uuid())"))
        with pytest.raises(ZeroDivisionError), db.session.begin_nested():
            note("lost too")
            with db.session.begin_nested():
                note("lost within")
            raise ZeroDivisionError
        db.session.commit()
    assert superuser.execute("SELECT action, seq FROM audit_entry ORDER BY seq").fetchall() == [("outer", 1), ("kept", 2)]
    assert broken(superuser) == []


def test_nothing_is_left_for_the_next_transaction(app: Flask, superuser: Superuser) -> None:
    with app.app_context(), acting_as(Scope(None, (2,))):
        note("refused", 3)
        with pytest.raises(DBAPIError):
            db.session.commit()
        db.session.rollback()
        note("next")
        db.session.commit()
    assert superuser.execute("SELECT action FROM audit_entry").fetchall() == [("next",)]


def test_without_a_scope_nothing_is_written(app: Flask, superuser: Superuser) -> None:
    with app.app_context(), pytest.raises(NoScope):
        note("nobody")
        db.session.commit()
    assert superuser.execute("SELECT count(*) FROM audit_entry").fetchone() == (0,)


def test_the_command_says_whether_the_trail_is_whole(app: Flask, superuser: Superuser, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in app.config["PORTAL"].environment().items():
        monkeypatch.setenv(name, value)
    write(app, "a", "b", "c", units=(2, 3))
    whole = CliRunner().invoke(command, ["verify"])
    assert (whole.exit_code, whole.output) == (0, "portal: the audit trail is whole\n")
    superuser.execute("UPDATE audit_entry SET action = 'x' WHERE seq IN (2, 3) AND unit_id = 3")
    found = CliRunner().invoke(command, ["verify"])
    assert found.exit_code == 1
    assert "unit tianjin, number 2: entry " in found.output and "was changed; 2 faults in all" in found.output
    with app.app_context():
        assert [b.partition(":")[0] for b in queries.broken()] == ["unit tianjin, number 2", "unit tianjin, number 3"]


def test_every_action_and_kind_has_its_words() -> None:
    written = "".join(path.read_text() for path in (ROOT / "portal").rglob("*.py"))
    found = re.findall(r'\brecord\(\s*"(\w+)", "(\w+)"', written)
    assert len(found) > 15
    assert {action for action, _ in found} - set(ACTIONS) == set() == {kind for _, kind in found} - set(KINDS)


def test_who_may_read_the_whole_trail(app: Flask, acting: As) -> None:
    write(app, "a", units=(2, 3))
    seen = {}
    for name in ("auditor", "office", "contact.guangdong", "contact.beijing", "admin"):
        with acting(name):
            seen[name] = len(queries.trail(queries.Wanted(), None, 50))
    assert seen == {"auditor": 2, "office": 2, "contact.guangdong": 0, "contact.beijing": 0, "admin": 0}
