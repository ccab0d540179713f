"""What the tasks did, through definer functions: the administrator's lane sees it, nobody reads the tables."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from portal.operations.rules import LONGEST_RUN, Outcome, outcome
from tenants import clock
from tenants.db import db


@dataclass(frozen=True, slots=True)
class Run:
    """One run, or the runs of an hour that ended alike."""
    id: UUID
    task: str
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None
    longest: float | None
    counts: Mapping[str, int]
    error: str | None
    runs: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the schedule. `asked_at`: since when somebody waits for a run out of turn."""
    task: str
    schedule: str
    next_at: datetime
    seen_at: datetime
    asked_at: datetime | None
    last: Run | None


def tasks(last: Mapping[str, Run]) -> Sequence[Task]:
    """Those of the schedule, with the last runs as `last_runs` gives them."""
    rows = db.session.execute(select("*").select_from(func.app.periodic_tasks())).all()
    return [Task(r.task, r.schedule, r.next_at, r.seen_at, r.asked_at, last.get(r.task)) for r in rows]


def last_runs() -> Mapping[str, Run]:
    """Of each task, also of those that others start."""
    return {r.task: r for r in _runs(func.app.last_task_runs())}


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a task's last run: how long ago it ended or began, in seconds, how long it took, whether it failed."""
    task: str
    age: float
    seconds: float
    failed: bool


def figures() -> Sequence[Figures]:
    """Unscoped, for machines that watch."""
    now = clock.now()
    with db.engine.begin() as connection:
        rows = connection.execute(text("SELECT * FROM app.last_task_runs()")).all()
    return [Figures(r.task, (now - (r.ended_at or r.started_at)).total_seconds(), r.seconds or 0.0,
                    outcome(r.started_at, r.ended_at, r.error, now) in (Outcome.FAILED, Outcome.KILLED)) for r in rows]


def runs(task: str | None = None, *, failed: bool = False, limit: int = 50) -> Sequence[Run]:
    """The latest first. One that was killed has failed too."""
    return _runs(func.app.task_runs(task, clock.now() - LONGEST_RUN if failed else None, limit))


def _runs(source: Any) -> list[Run]:
    now = clock.now()
    return [Run(r.id, r.task, r.started_at, r.ended_at, r.seconds, r.longest, r.counts, r.error, r.runs,
                outcome(r.started_at, r.ended_at, r.error, now))
            for r in db.session.execute(select("*").select_from(source)).all()]
