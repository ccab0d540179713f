"""Notices of the last weeks reach their receivers when they were caused; earlier ones have been cleared away."""
from datetime import timedelta

from sqlalchemy import select, update

from portal.notices import service as notices
from portal.notices.models import Notice
from portal.outbox import queries as outbox
from portal.outbox.models import OutboxMessage
from seed.demo.stage import Stage
from tenants import clock
from tenants.context import Scope
from tenants.db import db
from tenants.isolation import acting_as

KEPT = timedelta(days=8)
UNREAD = timedelta(days=5)             # what is younger has not been read yet


def deliver(base_url: str) -> int:
    """To every unit that something waits for, in the receivers' own scopes; nothing leaves by mail. How many messages
    were delivered."""
    delivered = 0
    for unit in outbox.receivers_waiting():
        with acting_as(Scope(None, (unit,))):
            delivered += _to_unit(base_url)
            db.session.commit()
    return delivered


def _to_unit(base_url: str) -> int:
    m = OutboxMessage
    waiting = m.done_at.is_(None)
    db.session.execute(update(m).where(waiting, m.at < clock.now() - KEPT).values(done_at=m.at),
                       execution_options={"synchronize_session": False})
    house = notices.House()
    messages = db.session.scalars(select(m).where(waiting, m.topic == notices.TOPIC).order_by(m.at, m.id)).all()
    for message in messages:
        with clock.standing_at(message.at + timedelta(seconds=5)):
            notices.deliver(message.id, message.payload, base_url=base_url, house=house)
            message.done_at = clock.now()
    db.session.flush()
    write = notices.handlers(base_url, "")[notices.DIGEST]
    for message in db.session.scalars(select(m).where(waiting, m.topic == notices.DIGEST, m.next_at <= clock.now())).all():
        with clock.standing_at(message.next_at):
            write(message.id, message.payload)         # the letter of that day
            message.done_at = clock.now()
    return len(messages)


def read(stage: Stage) -> None:
    """Whoever acted in the story has read what came until a few days ago."""
    until = clock.now() - UNREAD
    for who, actor in stage.known():
        with acting_as(actor.scope(writing=who != ("auditor", "hq"))):
            keys = db.session.scalars(select(Notice.id).where(Notice.person_id == actor.person, Notice.at < until)).all()
            if keys:
                with clock.standing_at(until):
                    notices.mark_read(actor, keys)
            db.session.commit()
