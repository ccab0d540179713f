"""Post inside a transaction, drain in the receiver's scope. Losing the broker loses nothing."""
import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from portal.outbox import queries
from portal.outbox.models import OutboxMessage
from tenants import clock
from tenants.db import db

Handler = Callable[[UUID, dict[str, Any]], None]
ATTEMPTS = 6                           # 20 s, 40 s … 5 min apart, then parked with its reason
SLOW_ATTEMPTS = 30                     # up to an hour apart, so about a day: a mail server may be away over night
LONGEST_WAIT = 3_600                   # seconds
BUDGET = 45.0                          # seconds after which a drain leaves the rest to the next one
_log = logging.getLogger(__name__)


def post(topic: str, receiver: int, payload: Mapping[str, Any]) -> None:
    """Leave a message for a unit, delivered after the commit. `payload` must be JSON."""
    now = clock.now()
    db.session.add(OutboxMessage(unit_id=receiver, topic=topic, payload=dict(payload), at=now, next_at=now,
                                 attempts=0, done_at=None, parked_at=None, error=None))


def drain(handlers: Mapping[str, Handler], *, slow: bool = False, seconds: float = BUDGET) -> int:
    """Deliver what is due in this scope, one message a transaction; a bad one blocks no other. Returns how many
    were delivered. A handler gets the message's key, by which it must be idempotent.

    `slow` topics (queries.SLOW) and the others are drained apart; of the slow, one message at a time in the whole portal."""
    done, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        message = queries.claim_one(slow=slow) if not slow or queries.alone() else None
        if message is None:
            break
        done += _deliver(message, handlers, SLOW_ATTEMPTS if slow else ATTEMPTS)
        db.session.commit()
    db.session.rollback()
    return done


def _deliver(message: OutboxMessage, handlers: Mapping[str, Handler], attempts: int) -> bool:
    try:
        with db.session.begin_nested():
            handlers[message.topic](message.id, message.payload)
    except Exception as error:
        _log.exception("outbox message %s failed", message.id)
        _postpone(message, error, attempts)
        return False
    message.done_at = clock.now()
    return True


def _postpone(message: OutboxMessage, error: Exception, most: int) -> None:
    message.attempts += 1
    message.error = f"{type(error).__name__}: {error}"[:500].replace("\0", "")
    message.next_at = clock.now() + timedelta(seconds=min(10 * 2 ** message.attempts, LONGEST_WAIT))
    if message.attempts >= most:
        message.parked_at = clock.now()


def purge(before: datetime) -> int:
    """Forget what was delivered before; unscoped, through a definer function. Returns how many."""
    with db.engine.begin() as connection:
        return int(connection.execute(text("SELECT app.purge_outbox(:before)"), {"before": before}).scalar_one())
