"""The task of the hour sends a sweep to every unit, each in its own scope."""
from datetime import timedelta

from flask import Flask

from tasks import reminders
from tasks.schedule import SCHEDULE
from tenants import clock
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.exchange import campaign, raised


def test_a_sweep_goes_on_from_a_place_and_what_fails_is_noted(app: Flask, superuser: Superuser, eager: None) -> None:
    gd, = superuser.execute("SELECT id FROM unit WHERE code = 'guangdong'").fetchone() or ()
    keys = [k for k, in superuser.execute(
        "SELECT id FROM assignment WHERE unit_id = %s AND template_kind = 'task' ORDER BY id", (gd,))]
    superuser.execute("UPDATE assignment SET due = %s", (clock.today().replace(month=5, day=7),))
    superuser.execute("UPDATE assignment SET due = '0001-01-01' WHERE id = %s", (keys[-1],))
    with clock.standing_at(clock.at(clock.today().replace(month=5, day=8), 10)):
        reminders.sweep.for_unit(gd, f"assignments {keys[2]}")
    told = {k for k, in superuser.execute("SELECT subject_id FROM reminder WHERE kind IN ('filing', 'assignment')")}
    assert told == set(keys[3:-1])
    noted = superuser.execute("SELECT counts->'failed', error FROM task_run WHERE task = 'tasks.reminders.sweep'").fetchall()
    assert noted == [(1, None)]


def test_what_is_due_within_half_an_hour_is_reminded_of_before(
        app: Flask, acting: As, superuser: Superuser, eager: None) -> None:
    """A critical complaint just after the minute of a sweep; the scheduler's own minutes after it."""
    [minutes] = [e["schedule"].minute for e in SCHEDULE.values() if e["task"] == "tasks.reminders.begin_pressing"]
    raised_at = clock.at(clock.today(), 10) + timedelta(minutes=min(m for m in minutes if m > 0), seconds=1)
    with clock.standing_at(raised_at):
        about = campaign(superuser, "guangdong", lands=("guangdong", "tibet"))
        issue = raised(acting, "contact.tibet", about, severity="critical", stage="complaint")
    due = raised_at + timedelta(minutes=30)
    for minute in (raised_at + timedelta(minutes=n) for n in range(1, 31)):
        if minute.minute in minutes:
            with clock.standing_at(minute.replace(second=0)):
                reminders.begin_pressing.delay()
    told = superuser.execute("SELECT at, rung, people FROM reminder WHERE subject_id = %s AND kind = 'respond'",
                             (issue,)).fetchall()
    assert [(rung, who) for _, rung, who in told] == [("-1 hour line_owner", [people.key("market.guangdong")])]
    assert raised_at < told[0][0] <= due - timedelta(minutes=25)
    others = superuser.execute("SELECT count(*) FROM reminder WHERE kind NOT IN ('respond', 'resolve')").fetchone()
    assert others == (0,)
    runs = superuser.execute("SELECT runs FROM task_run WHERE task = 'tasks.reminders.begin_pressing'").fetchall()
    assert len(runs) == 1 and runs[0][0] > 1               # of what runs that often, a line an hour


def test_every_unit_is_swept_once(app: Flask, superuser: Superuser, eager: None) -> None:
    assert "tasks.reminders.begin" in {entry["task"] for entry in SCHEDULE.values()}
    with clock.standing_at(clock.at(clock.today().replace(month=5, day=8), 10)):
        reminders.begin.delay()
        first = superuser.execute("SELECT count(*), count(DISTINCT unit_id) FROM reminder").fetchone()
        reminders.begin.delay()
    units = superuser.execute("SELECT count(*) FROM unit").fetchone()
    assert first and units and first[1] >= units[0] - 1                       # headquarters' own may have nothing due
    assert superuser.execute("SELECT count(*), count(DISTINCT unit_id) FROM reminder").fetchone() == first
    noted = superuser.execute("SELECT DISTINCT task, error FROM task_run WHERE task LIKE 'tasks.reminders%%'").fetchall()
    assert sorted(noted) == [("tasks.reminders.begin", None), ("tasks.reminders.sweep", None)]
