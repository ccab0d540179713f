"""Post inside a transaction, drain in the receiver's scope. Losing the broker loses nothing."""
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from portal.outbox import queries
from portal.outbox.models import OutboxMessage
from tenants import clock
from tenants.db import db

Handler = Callable[[UUID, dict[str, Any]], None]
ATTEMPTS = 6                                         # 20 s, 40 s … 5 min, then parked with its reason
_log = logging.getLogger(__name__)


def post(topic: str, receiver: int, payload: Mapping[str, Any]) -> None:
    """Leave a message for a unit, delivered after the commit. `payload` must be JSON."""
    now = clock.now()
    db.session.add(OutboxMessage(unit_id=receiver, topic=topic, payload=dict(payload), at=now, next_at=now,
                                 attempts=0, done_at=None, parked_at=None, error=None))


def drain(handlers: Mapping[str, Handler]) -> int:
    """Deliver what is due in this scope, one message a transaction; a bad one blocks no other. Returns how many
    were delivered. A handler gets the message's key, by which it must be idempotent."""
    done = 0
    while (message := queries.claim_one()) is not None:
        try:
            with db.session.begin_nested():
                handlers[message.topic](message.id, message.payload)
            message.done_at = clock.now()
            done += 1
        except Exception as error:
            _log.exception("outbox message %s failed", message.id)
            message.attempts += 1
            message.error = f"{type(error).__name__}: {error}"[:500]
            message.next_at = clock.now() + timedelta(seconds=10 * 2 ** message.attempts)
            if message.attempts >= ATTEMPTS:
                message.parked_at = clock.now()
        db.session.commit()
    return done
