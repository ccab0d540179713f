"""Notes of what the tasks do, written by the background without a scope; and an administrator's wish for a run."""
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text

from portal.audit import service as audit
from portal.operations.rules import FREQUENT
from tenants import clock
from tenants.access import Identity, need
from tenants.db import db, uuid7
from tenants.errors import RuleViolated
from tenants.messages import N_
from tenants.permissions import Permission


def announce(task: str, schedule: str, next_at: datetime) -> None:
    """What the schedule says, so that a page can show it."""
    _do("SELECT app.announce_task(:key, :task, :schedule, :due, :now)", key=uuid7(), task=task, schedule=schedule, due=next_at)


def begin(task: str, about: str | None = None) -> UUID | None:
    """A run begins; one that runs all the time is noted at its end only. None when it must not: the last ones of this task about
    the same thing killed their workers. Those about others, which may run beside it, do not count."""
    key = uuid7()
    if task in FREQUENT:
        return key
    with db.engine.begin() as connection:
        given = {"key": key, "task": task, "about": about, "now": clock.now()}
        return key if connection.execute(text("SELECT app.begin_task_run(:key, :task, :about, :now)"), given).scalar() else None


def end(run: UUID, task: str, started_at: datetime, seconds: float, counts: Mapping[str, int], error: str | None) -> None:
    """How it went: what it counted, and why it failed."""
    found = json.dumps({name: number for name, number in counts.items() if number})
    if task in FREQUENT:
        _do("SELECT app.note_task_run(:key, :task, :started, :now, :took, CAST(:found AS jsonb), :error)", key=run, task=task,
            started=started_at, took=seconds, found=found, error=error)
    else:
        _do("SELECT app.end_task_run(:key, :now, :took, CAST(:found AS jsonb), :error)", key=run, took=seconds, found=found,
            error=error)


def asked_for() -> Sequence[tuple[UUID, str]]:
    """Runs that an administrator wants and no worker has begun: to be sent, again if need be."""
    with db.engine.begin() as connection:
        rows = connection.execute(text("SELECT id, task FROM app.tasks_asked_for(:now)"), {"now": clock.now()}).all()
    return [(r.id, r.task) for r in rows]


def take(request: UUID) -> bool:
    """Whether this worker may begin the run: the first that asks."""
    with db.engine.begin() as connection:
        given = {"key": request, "now": clock.now()}
        return bool(connection.execute(text("SELECT app.take_task_request(:key, :now)"), given).scalar())


def purge(before: datetime) -> int:
    with db.engine.begin() as connection:
        return int(connection.execute(text("SELECT app.purge_task_runs(:before)"), {"before": before}).scalar_one())


def ask(task: str, *, actor: Identity) -> None:
    """Run a task of the schedule now: the background finds the wish within seconds. Raises NotPermitted, RuleViolated for a task
    that is not in the schedule, and while the last wish is still open."""
    under = need(actor, Permission.ADMINISTER)
    if task not in {row.task for row in db.session.execute(select("*").select_from(func.app.periodic_tasks()))}:
        raise RuleViolated(N_("There is no such task in the schedule."))
    key = uuid7()
    if not db.session.scalar(select(func.app.ask_task(key, task, clock.now()))):
        raise RuleViolated(N_("A run has been asked for already and will begin in a moment."))
    audit.record("run", "task", key, {"task": task}, under=under)


def _do(statement: str, **given: object) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(statement), {**given, "now": clock.now()})
