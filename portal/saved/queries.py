"""Reading one's own kept filters; the database shows nobody else's."""
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from portal.saved.models import SavedFilter
from tenants.access import Identity
from tenants.db import db
from tenants.errors import NotVisible


def listed(identity: Identity, page: str) -> Sequence[SavedFilter]:
    """Those of one list, by name."""
    f = SavedFilter
    return db.session.scalars(select(f).where(f.person_id == identity.person, f.page == page).order_by(f.name, f.id)).all()


def one(identity: Identity, key: UUID) -> SavedFilter:
    """Raises NotVisible."""
    found = db.session.scalars(
        select(SavedFilter).where(SavedFilter.id == key, SavedFilter.person_id == identity.person)).one_or_none()
    if found is None:
        raise NotVisible
    return found
