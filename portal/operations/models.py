"""What happens by itself: which tasks there are, how their runs went, and who asked for one out of turn.

Nobody reads or writes these tables but through functions: the tasks, which have no scope, and the administrator."""
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Key
from tenants.rls import Kind, kind


class PeriodicTask(Base):
    """A task of the schedule as the background last announced it. `schedule` is "every 2 s" or five fields of cron."""
    __tablename__ = "periodic_task"
    __table_args__ = (UniqueConstraint("task"), kind(Kind.INTERNAL))
    id: Mapped[Key]
    task: Mapped[str]
    schedule: Mapped[str]
    next_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class TaskRun(Base):
    """A run; of a task that runs all the time, the runs of an hour that ended alike. One that has not ended long after
    its time limit was killed. `about` is the unit or the thing that it was for."""
    __tablename__ = "task_run"
    __table_args__ = (Index("ix_task_run_task", "task", "started_at"), kind(Kind.INTERNAL))
    id: Mapped[Key]
    task: Mapped[str]
    about: Mapped[str | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    seconds: Mapped[float | None]                          # of the last
    longest: Mapped[float | None]
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    error: Mapped[str | None]
    runs: Mapped[int]


class TaskRequest(Base):
    """An administrator's wish that a task should run now. Sent until a worker has taken it."""
    __tablename__ = "task_request"
    __table_args__ = (kind(Kind.INTERNAL),)
    id: Mapped[Key]
    task: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
