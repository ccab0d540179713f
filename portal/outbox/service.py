"""Post inside a transaction, drain in the receiver's scope. Losing the broker loses nothing."""
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import case, text, update

from portal.audit import service as audit
from portal.outbox import queries, rules
from portal.outbox.models import OutboxMessage
from portal.outbox.rules import Group, Later, Unreachable
from tenants import clock
from tenants.access import Identity, need
from tenants.bulk import insert_new
from tenants.context import current
from tenants.db import db, uuid7
from tenants.permissions import Permission

Handler = Callable[[UUID, dict[str, Any]], None]
BUDGET = 45.0                          # seconds after which a drain leaves the rest to the next one
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Drained:
    """What came of one drain."""
    delivered: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message for a unit, as `post` takes it."""
    topic: str
    receiver: int
    payload: Mapping[str, Any]
    key: str | None = None
    not_before: datetime | None = None


def post(topic: str, receiver: int, payload: Mapping[str, Any], *, key: str | None = None,
         not_before: datetime | None = None) -> None:
    """Leave a message for a unit, delivered after the commit, and not before an instant. `payload` must be JSON.

    With a `key` the unit gets one message of this topic and key: posting it again does nothing, whoever does, until the
    delivered one is forgotten (`purge`)."""
    post_all([Parcel(topic, receiver, payload, key, not_before)])


def post_all(parcels: Collection[Parcel]) -> None:
    """The same for many at once, in one statement."""
    now = clock.now()
    insert_new(OutboxMessage, [
        {"id": uuid7(), "unit_id": p.receiver, "topic": p.topic, "payload": dict(p.payload), "at": now, "key": p.key,
         "next_at": max(now, p.not_before or now), "attempts": 0} for p in parcels])


def drain(handlers: Mapping[str, Handler], group: Group = Group.QUICK, *, seconds: float = BUDGET) -> Drained:
    """Deliver what is due in this scope, one message a transaction; a bad one blocks no other. A handler gets the
    message's key, by which it must be idempotent.

    Each group is drained apart; of a slow one, one message at a time in the whole portal."""
    found, until = Drained(), time.monotonic() + seconds
    while time.monotonic() < until:
        message = queries.claim_one(group) if not group.slow or queries.alone(group) else None
        if message is None:
            break
        _deliver(message, handlers, group, found)
        db.session.commit()
    db.session.rollback()
    return found


def events(subscribed: Mapping[str, Mapping[str, Handler]]) -> dict[str, Handler]:
    """Handlers for events: event → {subscriber: handler}. An event becomes a message to each subscriber, so that one that
    fails neither blocks the others nor makes them hear it again; their handlers run in the scope of the event's unit."""
    topics: dict[str, list[str]] = {}
    found: dict[str, Handler] = {}
    for event, topic, handler in rules.names(subscribed):
        topics.setdefault(event, []).append(topic)
        found[topic] = handler
    return {**found, **{event: partial(_fan_out, to) for event, to in topics.items()}}


def _fan_out(topics: list[str], key: UUID, payload: dict[str, Any]) -> None:
    scope = current()
    assert scope is not None                           # the drain has entered the receiver's
    for topic in topics:
        post(topic, scope.units[0], payload, key=str(key))


def _deliver(message: OutboxMessage, handlers: Mapping[str, Handler], group: Group, found: Drained) -> None:
    try:
        with db.session.begin_nested():
            handlers[message.topic](message.id, message.payload)
    except Later as wait:
        message.next_at = max(wait.until, clock.now() + timedelta(seconds=1))
    except Exception as error:
        reason = rules.reason(error)
        _log.warning("outbox message %s, %s, failed: %s", message.id, message.topic, reason,
                     exc_info=not isinstance(error, OSError))
        found.failed += _postpone(message, error, reason, group.attempts)
    else:
        message.done_at = clock.now()
        found.delivered += 1


def _postpone(message: OutboxMessage, error: Exception, reason: str, most: int) -> int:
    """How many messages that was: what is unreachable is so for others, too."""
    now, number = clock.now(), message.attempts + 1
    due = now + timedelta(seconds=rules.wait(number))
    message.attempts, message.error, message.next_at = number, reason, due
    message.parked_at = now if number >= most else None
    if not isinstance(error, Unreachable):
        return 1
    m = OutboxMessage
    db.session.flush()
    others = db.session.execute(
        update(m).where(*queries.open_now(), m.topic == message.topic, m.payload["target"].astext == error.target)
        .values(attempts=m.attempts + 1, error=reason, next_at=due, parked_at=case((m.attempts + 1 >= most, now))),
        execution_options={"synchronize_session": False, "preserve_rowcount": True})
    return 1 + int(getattr(others, "rowcount", 0))


def retry(key: UUID | None = None, *, actor: Identity) -> int:
    """Let a parked message, or all of them, be tried from the beginning; how many those are. Raises NotPermitted."""
    under = need(actor, Permission.ADMINISTER)
    rows = db.session.execute(text("SELECT id, topic FROM app.retry_parked(:key, :now)"), {"key": key, "now": clock.now()}).all()
    for row in rows:
        audit.record("retry", "outbox_message", row.id, {"topic": row.topic}, under=under)
    return len(rows)


def purge(before: datetime) -> int:
    """Forget what was delivered before; unscoped, through a definer function. Returns how many."""
    with db.engine.begin() as connection:
        return int(connection.execute(text("SELECT app.purge_outbox(:before)"), {"before": before}).scalar_one())
