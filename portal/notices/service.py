"""Saying something to people: posted in the transaction that caused it, delivered in the receivers' unit."""
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import update

from portal import i18n
from portal.notices.models import Mail, Notice
from portal.outbox import service as outbox
from tenants import clock, directory
from tenants.access import Identity
from tenants.context import current
from tenants.db import db, uuid7
from tenants.messages import Message
from tenants.models import Person
from tenants.vocabulary import Line, Role

TOPIC = "notice"


def tell(unit: int, message: Message, url: str, *, roles: Collection[Role] = (), line: Line | None = None,
         people: Collection[UUID] = ()) -> None:
    """Tell the holders of `roles` in a unit (of `line` or of none) and the named `people` there.

    Parameters of the message are plain values or {"en": …, "zh": …}; `url` is a path of the portal."""
    outbox.post(TOPIC, unit, {
        "roles": [r.value for r in roles], "line": line.value if line else None, "people": [str(p) for p in people],
        "text": message.msgid, "params": dict(message.params), "url": url})


def deliver(key: UUID, payload: Mapping[str, Any]) -> None:
    """Outbox handler, in the receiving unit's scope. Delivered again, it says nothing again."""
    scope = current()
    assert scope is not None
    unit = scope.units[0]
    line = Line(payload["line"]) if payload["line"] else None
    to: dict[UUID, Person] = {p.id: p for p in directory.holders(unit, [Role(r) for r in payload["roles"]], line)} \
        if payload["roles"] else {}
    named = [UUID(p) for p in payload["people"]]
    if named:
        to |= {p.id: p for p in directory.people(unit) if p.id in named}
    message, at = Message(payload["text"], payload["params"]), clock.now()
    for person in to.values():
        db.session.add(Notice(id=uuid7(), unit_id=unit, person_id=person.id, message_id=key, at=at, text=message.msgid,
                              params=dict(message.params), url=payload["url"], read_at=None))
        text = i18n.translate(message, person.language)
        db.session.add(Mail(id=uuid7(), unit_id=unit, person_id=person.id, message_id=key, at=at, sent_to=person.email,
                            subject=text[:120], body=text))
    db.session.flush()


def mark_read(identity: Identity, keys: Collection[UUID] | None = None) -> None:
    """Some, or all, of one's own notices; the database lets nobody touch another's."""
    mine = update(Notice).where(Notice.person_id == identity.person, Notice.read_at.is_(None))
    if keys is not None:
        mine = mine.where(Notice.id.in_(keys))
    db.session.execute(mine.values(read_at=clock.now()))

