"""One's own notices and letters; the database shows nobody another's."""
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select

from portal.notices.models import Mail, Notice
from tenants.access import Identity
from tenants.db import db


def notices(identity: Identity) -> Select[Notice]:
    """Newest first, to be paged."""
    return select(Notice).where(Notice.person_id == identity.person).order_by(Notice.at.desc(), Notice.id.desc())


def unread(identity: Identity) -> int:
    return db.session.scalar(select(func.count()).select_from(Notice).where(
        Notice.person_id == identity.person, Notice.read_at.is_(None))) or 0


def letters(identity: Identity, before: datetime | None = None, limit: int = 50) -> Sequence[Mail]:
    """Newest first."""
    mine = select(Mail).where(Mail.person_id == identity.person)
    if before is not None:
        mine = mine.where(Mail.at < before)
    return db.session.scalars(mine.order_by(Mail.at.desc(), Mail.id.desc()).limit(limit)).all()
