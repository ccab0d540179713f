"""From a message to a unit: a notice to each receiver, and the letters and chat messages that each has coming."""
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult
from sqlalchemy.dialects.postgresql import insert

from portal.notices import queries, rules
from portal.notices.models import Notice
from portal.notices.rules import DeliveryRules, Mode, NoticeKind
from portal.notices.service import channels, letters
from portal.notices.service.seeing import Sees, may_see
from portal.notices.service.telling import Told, told
from portal.outbox import service as outbox
from tenants import clock, directory
from tenants.context import current
from tenants.db import db, uuid7
from tenants.models import Person
from tenants.vocabulary import Line, Role

DIGEST = "digest"
GRACE = 180                            # seconds after the hour of the day's letter: longer than any transaction that adds to it


class House:
    """The unit in scope. Who delivers many messages there in one go reads its rules, its people and what they chose once."""

    def __init__(self) -> None:
        scope = current()
        assert scope is not None                       # the drain has entered the receiver's
        self.unit, self.rule = scope.units[0], queries.delivery_rules()
        self._people: dict[tuple[object, ...], Sequence[Person]] = {}
        self._asked: set[UUID] = set()
        self._modes: dict[tuple[UUID, NoticeKind], Mode] = {}

    def receivers(self, payload: Mapping[str, Any]) -> Collection[Person]:
        """Whoever holds one of the roles on this day, and who is named."""
        line, roles = Line(payload["line"]) if payload["line"] else None, [Role(r) for r in payload["roles"]]
        found = {p.id: p for p in self._read((*roles, line), partial(directory.holders, self.unit, roles, line))} if roles else {}
        if payload["people"]:
            named = {UUID(p) for p in payload["people"]}
            found |= {p.id: p for p in self._read((), partial(directory.people, self.unit)) if p.id in named}
        return found.values()

    def _read(self, which: tuple[object, ...], read: Callable[[], Sequence[Person]]) -> Sequence[Person]:
        which = (clock.today(), *which)
        if which not in self._people:
            self._people[which] = read()
        return self._people[which]

    def modes(self, people: Collection[UUID]) -> Mapping[tuple[UUID, NoticeKind], Mode]:
        """What these have chosen, and others before them."""
        if new := set(people) - self._asked:
            self._modes |= queries.modes(list(new))
            self._asked |= new
        return self._modes


def deliver(key: UUID, payload: Mapping[str, Any], *, base_url: str = "", by_mail: bool = False, by_chat: bool = False,
            sees: Sees | None = None, house: House | None = None) -> None:
    """Outbox handler, in the receiving unit's scope. Delivered again, it says nothing again."""
    house = house or House()
    what, unit, rule = told(payload), house.unit, house.rule
    receivers = house.receivers(payload)
    chosen = house.modes([p.id for p in receivers])
    for person in receivers:
        if not may_see(person.id, what.subject, sees, given=what.given):
            continue
        mode = _mode(what, chosen.get((person.id, what.kind)), rule)
        slot = rules.digest_after(clock.now(), rule) if mode is Mode.DAILY else None
        if _said(key, unit, person, what, slot) and mode is not Mode.IN_APP:
            _by_letter(key, unit, person, what, slot, rule, base_url, by_mail)
    if by_chat and (payload["roles"] or payload.get("rooms")):     # what is for named people only is nothing for a room
        channels.post_to_rooms(key, unit, payload, what, rule)


def _mode(what: Told, chosen: Mode | None, rule: DeliveryRules) -> Mode:
    if what.urgent or what.silent:
        return Mode.AT_ONCE if what.urgent else Mode.IN_APP
    mode = rules.mode(what.kind, chosen, rule)
    return Mode.DAILY if what.calm and mode is Mode.AT_ONCE else mode


def _by_letter(key: UUID, unit: int, person: Person, what: Told, slot: datetime | None, rule: DeliveryRules, base_url: str,
               by_mail: bool) -> None:
    if slot is not None:
        outbox.post(DIGEST, unit, {"person": str(person.id), "slot": slot.isoformat()}, key=f"{person.id} {slot.isoformat()}",
                    not_before=slot + letters.seconds(GRACE))
        return
    part = letters.Part(what.message, what.url, what.subject, what.given, what.answering)
    letters.write(key, unit, person, [part], base_url=base_url, by_mail=by_mail, urgent=what.urgent, rule=rule)


def _said(key: UUID, unit: int, person: Person, what: Told, slot: datetime | None) -> bool:
    """False when the person has it already. (RETURNING would need to read what only the person may.)"""
    kind, subject = what.subject or (None, None)
    result = db.session.execute(
        insert(Notice).values(
            id=uuid7(), unit_id=unit, person_id=person.id, message_id=key, at=clock.now(), text=what.message.msgid,
            params=dict(what.message.params), url=what.url, read_at=None, kind=what.kind.value, subject_kind=kind,
            subject_id=subject, digest_at=slot, digested_at=None,
            answering=what.answering)
        .on_conflict_do_nothing(), execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", result).rowcount == 1
