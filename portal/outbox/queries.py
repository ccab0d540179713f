"""What waits, and for whom."""
from sqlalchemy import select, text

from portal.outbox.models import OutboxMessage
from tenants import clock
from tenants.db import db


def receivers_waiting() -> list[int]:
    """Unscoped, through a definer function: only which units have something waiting, nothing of what."""
    with db.engine.begin() as connection:
        return list(connection.execute(text("SELECT app.outbox_receivers(:now)"), {"now": clock.now()}).scalars())


def claim_one() -> OutboxMessage | None:
    """The next message due in this scope, locked; another worker's are skipped."""
    return db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.done_at.is_(None), OutboxMessage.parked_at.is_(None),
                                    OutboxMessage.next_at <= clock.now())
        .order_by(OutboxMessage.next_at, OutboxMessage.id).limit(1).with_for_update(skip_locked=True)).first()
