"""Rooms and programs of a unit hear of the steps of the ladder that say so: once a step, and only while it is so."""
from uuid import UUID

import pytest
from flask import Flask

from tests.conftest import As, Superuser
from tests.services.test_reminders import LATE, key, on, swept
from tests.tasks.hook import listening
from tests.tasks.test_webhooks import channel, tried

__all__ = ["key"]


@pytest.fixture(autouse=True)
def empty(superuser: Superuser, key: UUID) -> None:
    superuser.execute("DELETE FROM outbox_message; DELETE FROM channel")
    superuser.execute("UPDATE reminder_rung SET rooms = kind = 'assignment' AND step IN (1, 3, 8)")


def test_one_message_a_unit_and_step(app: Flask, acting: As, superuser: Superuser, key: UUID) -> None:
    """Two people hear of the first day late in the unit, one of the third, and one of the eighth at headquarters."""
    with listening() as here, listening() as above, listening() as other:
        channel(acting, here, kinds=("reminder",), words=True)
        channel(acting, above, "admin", kinds=("reminder",), lines=("market",))
        channel(acting, other, "contact.tibet")
        for day in (LATE, LATE, LATE.replace(day=10)):
            with on(day):
                swept(app, superuser)
                tried(app)
        said, again = here.taken
        sentence = said["message"]
        assert again["message"] == sentence and sentence.startswith("Was due on 2026-06-30, Guangdong:")
        assert sentence.endswith(f"/assignments/{key}")
        assert said["kind"] == "reminder" and [m["line"] for m in above.taken] == ["market"] and other.taken == []


def test_only_where_the_step_says_so_and_where_the_room_wants_it(
        app: Flask, acting: As, superuser: Superuser, key: UUID) -> None:
    superuser.execute("UPDATE reminder_rung SET rooms = false WHERE step = 1")
    with listening() as here, listening() as narrow:
        channel(acting, here)
        channel(acting, narrow, kinds=("reminder",), lines=("it",))
        with on(LATE):
            swept(app, superuser)
            tried(app)
            assert here.taken == [] and narrow.taken == []
        with on(LATE.replace(day=3)):
            swept(app, superuser)
            tried(app)
            assert len(here.taken) == 1 and narrow.taken == []


def test_only_in_the_portal(app: Flask, superuser: Superuser, key: UUID) -> None:
    """No letter, though headquarters wants reminders in the letter of a day at least."""
    superuser.execute("UPDATE reminder_rung SET channel = 'in_app' WHERE kind = 'assignment'; DELETE FROM mail; DELETE FROM notice")
    with on(LATE):
        swept(app, superuser)
        tried(app)
    assert superuser.execute("SELECT count(*), count(digest_at) FROM notice WHERE kind = 'reminder'").fetchone() == (2, 0)
    assert superuser.execute("SELECT count(*) FROM mail").fetchone() == (0,)
    assert superuser.execute("SELECT count(*) FROM outbox_message WHERE topic IN ('mail', 'digest')").fetchone() == (0,)
