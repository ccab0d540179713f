"""What waits, and for whom."""
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text

from portal.outbox.models import OutboxMessage
from portal.outbox.rules import SLOW, TOPICS, Group, group_of
from tenants import clock
from tenants.db import db

_ONE_AT_A_TIME = {Group.MAIL: 7_204_113, Group.CHAT: 7_204_114}       # any numbers, the same in every process


def receivers_waiting(group: Group = Group.QUICK) -> list[int]:
    """Unscoped, through a definer function: only which units have something waiting, nothing of what."""
    with db.engine.begin() as connection:
        rows = connection.execute(text("SELECT unit_id, topic FROM app.outbox_waiting(:now)"), {"now": clock.now()}).all()
    return sorted({row.unit_id for row in rows if group_of(row.topic) is group})


@dataclass(frozen=True, slots=True)
class State:
    """How much of a topic waits or is parked; `oldest` is the age in seconds of what waits longest."""
    topic: str
    waiting: int
    parked: int
    oldest: float


def state() -> Sequence[State]:
    """Unscoped, through a definer function: figures only."""
    with db.engine.begin() as connection:
        rows = connection.execute(text("SELECT * FROM app.outbox_state(:now)"), {"now": clock.now()}).all()
    return [State(r.topic, r.waiting, r.parked, r.oldest_seconds) for r in rows]


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that was given up, without what it says."""
    id: UUID
    unit: int
    topic: str
    at: datetime
    parked_at: datetime
    attempts: int
    reason: str


def parked(after: tuple[datetime, UUID] | None = None, limit: int = 50) -> Sequence[Parked]:
    """The latest first; in the administrator's lane only, through a definer function."""
    at, key = after or (None, None)
    rows = db.session.execute(text("SELECT * FROM app.parked_messages(:at, :key, :limit)"), {"at": at, "key": key, "limit": limit})
    return [Parked(r.id, r.unit_id, r.topic, r.at, r.parked_at, r.attempts, r.error or "") for r in rows]


def claim_one(group: Group) -> OutboxMessage | None:
    """The next message due in this scope, locked; another worker's are skipped."""
    return db.session.scalars(
        select(OutboxMessage).where(*open_now(), _within(group))
        .order_by(OutboxMessage.next_at, OutboxMessage.id).limit(1).with_for_update(skip_locked=True)).first()


def open_now() -> tuple[ColumnElement[bool], ...]:
    """Neither done nor parked, and due."""
    m = OutboxMessage
    return m.done_at.is_(None), m.parked_at.is_(None), m.next_at <= clock.now()


def _within(group: Group) -> ColumnElement[bool]:
    topic = OutboxMessage.topic
    return topic.in_(TOPICS[group]) if group.slow else topic.notin_(SLOW)


def alone(group: Group) -> bool:
    """Whether this transaction may deliver a message of a slow group: one process at a time, so that the others stay free."""
    return bool(db.session.scalar(select(func.pg_try_advisory_xact_lock(_ONE_AT_A_TIME[group]))))
