"""Saying something to people: posted in the transaction that caused it, delivered in the receivers' unit."""
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.dialects.postgresql import insert

from portal import i18n, letters
from portal.letters import Letter
from portal.notices.models import Mail, Notice
from portal.outbox import service as outbox
from tenants import clock, directory
from tenants.access import Identity
from tenants.context import current
from tenants.db import db, uuid7
from tenants.messages import Message
from tenants.models import Person
from tenants.vocabulary import Line, Role

TOPIC, MAIL = "notice", "mail"
SUBJECT = 120                          # characters of a letter's subject


def tell(unit: int, message: Message, url: str, *, roles: Collection[Role] = (), line: Line | None = None,
         people: Collection[UUID] = ()) -> None:
    """Tell the holders of `roles` in a unit (of `line` or of none) and the named `people` there.

    Parameters of the message are plain values or {"en": …, "zh": …}; `url` is a path of the portal."""
    outbox.post(TOPIC, unit, {
        "roles": [r.value for r in roles], "line": line.value if line else None, "people": [str(p) for p in people],
        "text": message.msgid, "params": dict(message.params), "url": url})


def handlers(base_url: str, mail_url: str) -> Mapping[str, outbox.Handler]:
    """Who delivers which topic. Without `mail_url` letters are written and kept, and go nowhere."""
    return {TOPIC: partial(deliver, base_url=base_url, by_mail=bool(mail_url)),
            MAIL: partial(send, base_url=base_url, mail_url=mail_url)}


def deliver(key: UUID, payload: Mapping[str, Any], *, base_url: str = "", by_mail: bool = False) -> None:
    """Outbox handler, in the receiving unit's scope: a notice and a letter to each. Delivered again, it says nothing again."""
    unit = _unit()
    message = Message(payload["text"], payload["params"])
    for person in _receivers(unit, payload):
        if not _said(Notice, key, person, text=message.msgid, params=dict(message.params), url=payload["url"], read_at=None):
            continue
        text = i18n.translate(message, person.language)
        subject, body = " ".join(text.split())[:SUBJECT], f"{text}\n\n{base_url}{payload['url']}\n"
        letter = _said(Mail, key, person, sent_to=person.email, subject=subject, body=body, sent_at=None)
        if letter and by_mail:
            outbox.post(MAIL, unit, {"mail": str(letter), "to": person.email, "subject": subject, "body": body})


def send(_: UUID, payload: Mapping[str, Any], *, base_url: str, mail_url: str) -> None:
    """Outbox handler: one letter to the mail server. Marked first, in the transaction that fails when the server does;
    should the portal die in between, the second copy carries the same Message-ID."""
    if not mail_url:
        return
    key = UUID(payload["mail"])
    if not db.session.scalar(select(func.app.mark_mail_sent(key, clock.now()))):
        return
    letters.send(Letter(key, payload["to"], payload["subject"], payload["body"], clock.now()), mail_url, base_url)


def mark_read(identity: Identity, keys: Collection[UUID] | None = None) -> None:
    """Some, or all, of one's own notices; the database lets nobody touch another's."""
    mine = update(Notice).where(Notice.person_id == identity.person, Notice.read_at.is_(None))
    if keys is not None:
        mine = mine.where(Notice.id.in_(keys))
    db.session.execute(mine.values(read_at=clock.now()), execution_options={"synchronize_session": False})


def _unit() -> int:
    scope = current()
    assert scope is not None                           # the drain has entered the receiver's
    return scope.units[0]


def _receivers(unit: int, payload: Mapping[str, Any]) -> Collection[Person]:
    line = Line(payload["line"]) if payload["line"] else None
    found = {p.id: p for p in directory.holders(unit, [Role(r) for r in payload["roles"]], line)} if payload["roles"] else {}
    if payload["people"]:
        named = {UUID(p) for p in payload["people"]}
        found |= {p.id: p for p in directory.people(unit) if p.id in named}
    return found.values()


def _said(table: type[Notice] | type[Mail], key: UUID, person: Person, **content: object) -> UUID | None:
    """The new row's key; None when the person has it already. (RETURNING would need to read what only the person may.)"""
    made = uuid7()
    result = db.session.execute(
        insert(table).values(id=made, unit_id=_unit(), person_id=person.id, message_id=key, at=clock.now(), **content)
        .on_conflict_do_nothing(), execution_options={"preserve_rowcount": True})
    return made if cast("CursorResult[Any]", result).rowcount == 1 else None
