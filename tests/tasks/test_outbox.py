"""Drained in the receiver's scope; what fails is tried again, then parked, and blocks nothing."""
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from psycopg.types.json import Jsonb
from sqlalchemy.exc import ProgrammingError

from portal.notices import service as notices
from portal.outbox import queries, rules, service
from tasks import outbox, upkeep
from tenants import clock
from tenants.context import Scope
from tenants.db import db
from tenants.errors import NoScope
from tenants.isolation import acting_as
from tenants.messages import N_
from tenants.vocabulary import Role
from tests.conftest import As, Superuser
from tests.factories import people, world

GD = "contact.guangdong"


def tell(acting: As, words: str = "A plain sentence.") -> int:
    """Leave one notice for the contacts of Guangdong; the unit's key."""
    with acting(GD) as actor:
        unit = actor.appointments[0].unit
        notices.tell(unit, N_(words), "/desk", roles=[Role.UNIT_CONTACT])
        db.session.commit()
    return unit


def figures(superuser: Superuser) -> tuple[int, int, int]:
    """Delivered, parked, in all."""
    row = superuser.execute("SELECT count(done_at), count(parked_at), count(*) FROM outbox_message").fetchone()
    assert row
    return row


def leave(superuser: Superuser, unit: int, topic: str, payload: dict[str, object], *, hours_ago: float = 0, times: int = 1) -> None:
    """A message as a service that knows nothing better would have left it."""
    at = world.NOW - timedelta(hours=hours_ago)
    for _ in range(times):
        superuser.execute("INSERT INTO outbox_message (id, unit_id, topic, payload, at, next_at, attempts)"
                          " VALUES (%s, %s, %s, %s, %s, %s, 0)", (uuid4(), unit, topic, Jsonb(payload), at, at))


def forget_delivered(superuser: Superuser) -> None:
    """What issuing the programme has left for the units."""
    superuser.execute("DELETE FROM outbox_message")


@pytest.fixture(autouse=True)
def empty(superuser: Superuser) -> None:
    forget_delivered(superuser)


def test_a_task_without_a_scope_fails(eager: None) -> None:
    for task in (outbox.drain, outbox.drain_mail):
        with pytest.raises(NoScope):
            task.delay()


def test_another_units_task_takes_nothing(eager: None, acting: As, superuser: Superuser) -> None:
    unit = tell(acting)
    outbox.drain.for_unit(unit + 1)
    assert figures(superuser) == (0, 0, 1)
    outbox.drain.for_unit(unit)
    assert figures(superuser) == (1, 0, 1)


def test_poison_is_parked_with_its_reason_and_blocks_no_other(eager: None, acting: As, superuser: Superuser) -> None:
    unit = tell(acting)
    leave(superuser, unit, "notice", {}, hours_ago=1)
    leave(superuser, unit, "nobody.knows", {}, hours_ago=1)
    outbox.dispatch.delay()
    assert figures(superuser) == (1, 0, 3)
    outbox.dispatch.delay()                                # too early: nothing is tried again yet
    assert superuser.execute("SELECT sum(attempts) FROM outbox_message").fetchone() == (2,)
    for _ in range(rules.ATTEMPTS):
        with clock.standing_at(clock.now() + timedelta(hours=2)):
            superuser.execute("UPDATE outbox_message SET next_at = at")
            outbox.dispatch.delay()
    assert figures(superuser) == (1, 2, 3)
    reasons = {str(r[0]) for r in superuser.execute("SELECT error FROM outbox_message WHERE parked_at IS NOT NULL").fetchall()}
    assert reasons == {"KeyError: 'text'", "KeyError: 'nobody.knows'"}
    assert superuser.execute("SELECT count(DISTINCT person_id) FROM notice").fetchone() == (2,)


def test_what_waits_for_its_time_is_found_again(app: Flask, acting: As, superuser: Superuser) -> None:
    """The receivers are listed by when a message is due, not by when it was posted."""
    unit = tell(acting)
    superuser.execute("UPDATE outbox_message SET next_at = at + interval '20 s', attempts = 1")
    with app.app_context():
        assert queries.receivers_waiting() == []
        with clock.standing_at(world.NOW + timedelta(seconds=21)):
            assert queries.receivers_waiting() == [unit]
            state = queries.state()
        assert [(s.topic, s.waiting, s.parked, s.oldest) for s in state] == [("notice", 1, 0, 21.0)]


def test_delivered_twice_is_said_once(eager: None, acting: As, superuser: Superuser) -> None:
    tell(acting)
    outbox.dispatch.delay()
    superuser.execute("UPDATE outbox_message SET done_at = NULL")
    outbox.dispatch.delay()
    assert figures(superuser) == (1, 0, 1)
    assert superuser.execute("SELECT attempts FROM outbox_message").fetchone() == (0,)
    for table in ("notice", "mail"):
        assert superuser.execute(f"SELECT count(*) FROM {table}").fetchone() == (2,)


def test_two_workers_deliver_each_message_once(app: Flask, acting: As, superuser: Superuser) -> None:
    unit = tell(acting)
    for n in range(39):
        leave(superuser, unit, "notice", {"roles": ["unit_contact"], "line": None, "people": [], "text": str(n), "params": {},
                                          "url": "/"})

    def drain(_: int) -> int:
        with app.app_context(), acting_as(Scope(None, (unit,))):
            return service.drain(notices.handlers("", "")).delivered
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(drain, range(4))) == 40
    assert superuser.execute("SELECT count(*) FROM notice").fetchone() == (80,)


def test_a_rolled_back_transaction_says_nothing(acting: As, superuser: Superuser) -> None:
    with acting(GD) as actor:
        notices.tell(actor.appointments[0].unit, N_("lost"), "/desk", roles=[Role.UNIT_CONTACT])
        db.session.flush()
        db.session.rollback()
    assert figures(superuser) == (0, 0, 0)


def test_what_nobody_needs_is_forgotten_at_night(eager: None, acting: As, superuser: Superuser) -> None:
    tell(acting)
    tell(acting)
    superuser.execute("UPDATE outbox_message SET done_at = at - interval '31 d'"
                      " WHERE id = (SELECT id FROM outbox_message ORDER BY id LIMIT 1)")
    columns = "id, person_id, key, method, path, fingerprint, status, body, at"
    for hours in (23, 25):
        superuser.execute(f"INSERT INTO stored_answer ({columns}) VALUES (%s, %s, %s, 'POST', '/x', '', 200, '', %s)",
                          (uuid4(), people.key("office"), f"{hours}", world.NOW - timedelta(hours=hours)))
    upkeep.purge.delay()
    assert superuser.execute("SELECT key FROM stored_answer").fetchall() == [("23",)]
    assert figures(superuser) == (0, 0, 1)


def test_what_cannot_be_forgotten_keeps_nothing_else_from_it(eager: None, acting: As, superuser: Superuser) -> None:
    """One of the purges may not: the others have run, and the run is told as failed."""
    tell(acting)
    superuser.execute("UPDATE outbox_message SET done_at = at - interval '31 d'; DELETE FROM task_run")
    right = "EXECUTE ON FUNCTION app.purge_answers(timestamptz)"
    superuser.execute(f"REVOKE {right} FROM portal_app")
    try:
        with pytest.raises(ProgrammingError):
            upkeep.purge.delay()
    finally:
        superuser.execute(f"GRANT {right} TO portal_app")
    assert figures(superuser) == (0, 0, 0)
    assert superuser.execute("SELECT task, error FROM task_run").fetchall() == [("tasks.upkeep.purge", "ProgrammingError")]


def test_a_broken_payload_of_mail_is_no_reason_to_stop(eager: None, acting: As, superuser: Superuser) -> None:
    unit = tell(acting)
    leave(superuser, unit, "mail", {"mail": "?"})
    outbox.dispatch.delay()
    assert figures(superuser)[0] == 2                      # without MAIL_URL letters go nowhere, and nothing fails
