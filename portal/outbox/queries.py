"""What waits, and for whom."""
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text

from portal.outbox.models import OutboxMessage
from tenants import clock
from tenants.db import db

SLOW = frozenset({"mail"})             # topics that wait for foreign servers: they must not hold up the others
_ONE_AT_A_TIME = 7_204_113             # any number, the same in every process


def receivers_waiting(*, slow: bool) -> list[int]:
    """Unscoped, through a definer function: only which units have something waiting, nothing of what."""
    with db.engine.begin() as connection:
        rows = connection.execute(text("SELECT unit_id, topic FROM app.outbox_waiting(:now)"), {"now": clock.now()}).all()
    return sorted({row.unit_id for row in rows if (row.topic in SLOW) is slow})


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


def claim_one(*, slow: bool) -> OutboxMessage | None:
    """The next message due in this scope, locked; another worker's are skipped."""
    topic = OutboxMessage.topic
    return db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.done_at.is_(None), OutboxMessage.parked_at.is_(None),
                                    OutboxMessage.next_at <= clock.now(), topic.in_(SLOW) if slow else topic.notin_(SLOW))
        .order_by(OutboxMessage.next_at, OutboxMessage.id).limit(1).with_for_update(skip_locked=True)).first()


def alone() -> bool:
    """Whether this transaction may deliver a slow message: one process at a time, so that the others stay free."""
    return bool(db.session.scalar(select(func.pg_try_advisory_xact_lock(_ONE_AT_A_TIME))))
