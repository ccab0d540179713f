"""The task of the hour composes what a plan asks for, once a period, and is noted for the page of operations."""
from datetime import date

from flask import Flask

from portal.bulletins import service
from portal.bulletins.rules import Planned
from tasks import bulletins
from tasks.schedule import SCHEDULE
from tenants import clock
from tenants.db import db
from tests.conftest import As, Superuser


def test_a_plan_that_fails_holds_up_no_other(app: Flask, acting: As, superuser: Superuser, eager: None) -> None:
    """Its title holds a sign that no document may hold, and it would be published by itself."""
    with acting("office") as office:
        for n in range(3):
            planned = Planned(title=f"示例{n}", rhythm="month", working_day=1, receivers=None, by_itself=n == 1)
            service.add_plan(planned, actor=office)
        db.session.commit()
    superuser.execute("UPDATE bulletin_plan SET title = title || chr(11) WHERE title = '示例1'")
    with clock.standing_at(clock.at(date(2026, 4, 1), 9)):
        bulletins.compose.delay()
        assert sorted(t for t, in superuser.execute("SELECT title FROM bulletin")) == ["示例0 2026-03", "示例2 2026-03"]
        superuser.execute("UPDATE bulletin_plan SET title = '示例1' WHERE title LIKE '示例1%'")
        bulletins.compose.delay()
    assert superuser.execute("SELECT count(*) FROM bulletin WHERE state = 'issued'").fetchone() == (1,)
    noted = superuser.execute("SELECT counts->'failed', error FROM task_run WHERE task = 'tasks.bulletins.compose'"
                              " ORDER BY started_at, id").fetchall()
    assert sorted(noted, key=str) == [(1, None), (None, None)]


def test_a_plan_runs_once(app: Flask, acting: As, superuser: Superuser, eager: None) -> None:
    assert "tasks.bulletins.compose" in {entry["task"] for entry in SCHEDULE.values()}
    with acting("office") as office:
        for _ in range(2):
            service.add_plan(Planned(title="示例", rhythm="month", working_day=1, receivers=None), actor=office)
        db.session.commit()
    with clock.standing_at(clock.at(date(2026, 4, 1), 9)):
        bulletins.compose.delay()
        bulletins.compose.delay()
    made = superuser.execute("SELECT title, state, composed_by_id FROM bulletin").fetchall()
    assert made == [("示例 2026-03", "draft", None)] * 2
    noted = superuser.execute("SELECT counts, error FROM task_run WHERE task = 'tasks.bulletins.compose'").fetchall()
    assert sorted(counts.get("composed", 0) for counts, _ in noted) == [0, 2] and {error for _, error in noted} == {None}
    by = superuser.execute("SELECT DISTINCT by, role FROM audit_entry WHERE action = 'compose'").fetchall()
    assert by == [(None, None)]                                # the portal itself
