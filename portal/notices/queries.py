"""One's own notices and letters; the database shows nobody another's."""
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_

from portal.notices import rules
from portal.notices.models import Mail, Notice, Preference
from portal.notices.rules import DeliveryRules, Mode, NoticeKind
from portal.worktime import CALENDAR, calendar_from
from tenants.access import Identity
from tenants.db import db
from tenants.errors import NotVisible
from tenants.models import Setting

Place = tuple[datetime, UUID]                          # the last row of the page before


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of notices is limited to; `about` is the key of a thing."""
    kind: NoticeKind | None = None
    unread: bool = False
    about: UUID | None = None


def conditions(identity: Identity, wanted: Wanted | None = None) -> list[ColumnElement[bool]]:
    found, wanted = [Notice.person_id == identity.person], wanted or Wanted()
    if wanted.kind is not None:
        found.append(Notice.kind == wanted.kind.value)
    if wanted.unread:
        found.append(Notice.read_at.is_(None))
    if wanted.about is not None:
        found.append(Notice.subject_id == wanted.about)
    return found


def notices(identity: Identity, wanted: Wanted | None = None, after: tuple[bool, datetime, UUID] | None = None,
            limit: int = 50) -> Sequence[Notice]:
    """Unread ones first, each part newest first. `after`: whether the last row shown was unread, its time and key."""
    order = (Notice.read_at.is_(None), Notice.at, Notice.id)
    mine = select(Notice).where(*conditions(identity, wanted))
    if after is not None:
        mine = mine.where(tuple_(*order) < tuple_(*after))
    return db.session.scalars(mine.order_by(*(key.desc() for key in order)).limit(limit)).all()


def one(identity: Identity, key: UUID) -> Notice:
    """Raises NotVisible."""
    found = db.session.scalars(select(Notice).where(Notice.person_id == identity.person, Notice.id == key)).one_or_none()
    if found is None:
        raise NotVisible
    return found


def unread(identity: Identity, wanted: Wanted | None = None) -> int:
    return db.session.scalar(select(func.count()).select_from(Notice).where(
        *conditions(identity, wanted), Notice.read_at.is_(None))) or 0


def letters(identity: Identity, after: Place | None = None, limit: int = 50) -> Sequence[Mail]:
    """Newest first."""
    mine = select(Mail).where(Mail.person_id == identity.person, Mail.withheld_at.is_(None))
    if after is not None:
        mine = mine.where(tuple_(Mail.at, Mail.id) < tuple_(*after))
    return db.session.scalars(mine.order_by(Mail.at.desc(), Mail.id.desc()).limit(limit)).all()


RULES = "notices"                                      # the name of the setting


def rules_row() -> Setting | None:
    return db.session.scalars(select(Setting).where(Setting.name == RULES).execution_options(populate_existing=True)).one_or_none()


def delivery_rules() -> DeliveryRules:
    """What headquarters has set for all, or the standard, with the working days that it has set."""
    rows = db.session.execute(select(Setting.name, Setting.value).where(Setting.name.in_((RULES, CALENDAR))))
    kept = {row.name: row.value for row in rows}
    value = kept.get(RULES) or rules.written(rules.STANDARD_RULES)
    return rules.read(value, calendar_from(kept.get(CALENDAR) or {}))


def preferences(identity: Identity) -> dict[NoticeKind, Mode]:
    """What one has chosen oneself."""
    rows = db.session.scalars(select(Preference).where(Preference.person_id == identity.person))
    return {NoticeKind(r.kind): Mode(r.mode) for r in rows if r.kind in set(NoticeKind)}


def modes(people: Sequence[UUID]) -> dict[tuple[UUID, NoticeKind], Mode]:
    """What these people have chosen; for the portal's own delivery only."""
    rows = db.session.execute(select("*").select_from(func.app.notice_modes(list(people)))).all()
    return {(r.person_id, NoticeKind(r.kind)): Mode(r.mode) for r in rows if r.kind in set(NoticeKind)}


@dataclass(frozen=True, slots=True)
class Room:
    """A channel without its address, which nobody is shown again."""
    id: UUID
    unit: int
    kind: str
    name: str
    host: str
    kinds: tuple[str, ...]
    lines: tuple[str, ...]
    language: str
    words: bool
    active: bool
    version: int
    said_at: datetime | None
    fault: str | None


def rooms() -> Sequence[Room]:
    """The channels of the unit in scope; in the administrator's lane those of all units."""
    rows = db.session.execute(select("*").select_from(func.app.channels())).all()
    return [Room(r.id, r.unit_id, r.kind, r.name, r.host, tuple(r.kinds), tuple(r.lines), r.language, r.words, r.active, r.version,
                 r.said_at, r.fault) for r in rows]


def room(key: UUID) -> Room:
    """Raises NotVisible."""
    found = next((r for r in rooms() if r.id == key), None)
    if found is None:
        raise NotVisible
    return found
