"""What the tasks did, through definer functions: the administrator's lane sees it, nobody reads the tables."""
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from portal.operations.rules import LONGEST_RUN, ROUNDS, Outcome, outcome
from tenants import clock
from tenants.db import db

_MOST_OF_A_ROUND = 500                 # runs
_LOST = (Outcome.FAILED, Outcome.KILLED)


@dataclass(frozen=True, slots=True)
class Run:
    """One run, the runs of an hour that ended alike, or those of a round, of which `failed` is how many failed."""
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
    failed: int = 0


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
                    outcome(r.started_at, r.ended_at, r.error, now) in _LOST) for r in rows]


def handed_out(last: Mapping[str, Run], scheduled: Collection[str]) -> Sequence[Run]:
    """Of the tasks that others start: the last round, or the last hour of one that runs all the time."""
    return [_round(task) if task in ROUNDS else run for task, run in last.items() if task not in scheduled]


def _round(task: str) -> Run:
    """The runs since the round began, as one: from the first start to the last end, figures added up."""
    found, begins = runs(task, limit=_MOST_OF_A_ROUND), runs(ROUNDS[task], limit=10)
    since = next((b.started_at for b in begins if b.started_at <= found[0].started_at), found[0].started_at)
    parts = [r for r in found if r.started_at >= since]
    ended, lost = [r.ended_at for r in parts if r.ended_at], [r for r in parts if r.outcome in _LOST]
    over = not any(r.outcome is Outcome.RUNS for r in parts)
    counts = sum((Counter(r.counts) for r in parts), Counter[str]())
    until = max(ended) if over and ended else None
    return replace(
        parts[-1], ended_at=until, seconds=(until - parts[-1].started_at).total_seconds() if until else None,
        longest=max((r.seconds or 0.0 for r in parts), default=None), counts=counts, runs=sum(r.runs for r in parts),
        error=next((r.error for r in lost if r.error), None), failed=len(lost),
        outcome=Outcome.RUNS if not over else lost[0].outcome if lost else Outcome.WELL)


def runs(task: str | None = None, *, failed: bool = False, limit: int = 50) -> Sequence[Run]:
    """The latest first. One that was killed has failed too."""
    return _runs(func.app.task_runs(task, clock.now() - LONGEST_RUN if failed else None, limit))


def _runs(source: Any) -> list[Run]:
    now = clock.now()
    return [Run(r.id, r.task, r.started_at, r.ended_at, r.seconds, r.longest, r.counts, r.error, r.runs,
                outcome(r.started_at, r.ended_at, r.error, now))
            for r in db.session.execute(select("*").select_from(source)).all()]
