"""The task of the hour finds whose lists are to be sent, and each is made once, noted for the page of operations."""
from datetime import date

from flask import Flask

from portal.subscriptions import service
from tasks import subscriptions
from tasks.schedule import SCHEDULE
from tenants import clock
from tenants.db import db
from tests.conftest import As, Superuser


def test_each_is_sent_once(app: Flask, acting: As, superuser: Superuser, eager: None) -> None:
    assert "tasks.subscriptions.begin" in {entry["task"] for entry in SCHEDULE.values()}
    for name in ("office", "contact.guangdong"):
        with acting(name) as who:
            service.subscribe("/assignments", "overdue=1", "Overdue", "week", "en", actor=who)
            db.session.commit()
    with clock.standing_at(clock.at(date(2026, 3, 16), 9)):
        subscriptions.begin.delay()
        subscriptions.begin.delay()
    assert superuser.execute("SELECT count(*), count(DISTINCT person_id) FROM delivery").fetchone() == (2, 2)
    noted = superuser.execute("SELECT counts, error FROM task_run WHERE task = 'tasks.subscriptions.begin'").fetchall()
    assert sorted(counts.get("due", 0) for counts, _ in noted) == [0, 2] and {error for _, error in noted} == {None}
