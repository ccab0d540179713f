"""One's own notices and letters; the database shows nobody another's."""
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_

from portal.notices.models import Mail, Notice
from tenants.access import Identity
from tenants.db import db
from tenants.errors import NotVisible

Place = tuple[datetime, UUID]                          # the last row of the page before


def notices(identity: Identity, after: tuple[bool, datetime, UUID] | None = None, limit: int = 50) -> Sequence[Notice]:
    """Unread ones first, each part newest first. `after`: whether the last row shown was unread, its time and key."""
    order = (Notice.read_at.is_(None), Notice.at, Notice.id)
    mine = select(Notice).where(Notice.person_id == identity.person)
    if after is not None:
        mine = mine.where(tuple_(*order) < tuple_(*after))
    return db.session.scalars(mine.order_by(*(key.desc() for key in order)).limit(limit)).all()


def one(identity: Identity, key: UUID) -> Notice:
    """Raises NotVisible."""
    found = db.session.scalars(select(Notice).where(Notice.person_id == identity.person, Notice.id == key)).one_or_none()
    if found is None:
        raise NotVisible
    return found


def unread(identity: Identity) -> int:
    return db.session.scalar(select(func.count()).select_from(Notice).where(
        Notice.person_id == identity.person, Notice.read_at.is_(None))) or 0


def letters(identity: Identity, after: Place | None = None, limit: int = 50) -> Sequence[Mail]:
    """Newest first."""
    mine = select(Mail).where(Mail.person_id == identity.person)
    if after is not None:
        mine = mine.where(tuple_(Mail.at, Mail.id) < tuple_(*after))
    return db.session.scalars(mine.order_by(Mail.at.desc(), Mail.id.desc()).limit(limit)).all()
