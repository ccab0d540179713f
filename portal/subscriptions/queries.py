"""Reading one's own subscriptions and workbooks; the database shows nobody else's."""
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select, text

from portal.subscriptions.models import Delivery, Subscription
from tenants import clock
from tenants.access import Identity
from tenants.db import db
from tenants.errors import NotVisible


def listed(identity: Identity) -> Sequence[Subscription]:
    s = Subscription
    return db.session.scalars(select(s).where(s.person_id == identity.person).order_by(s.name, s.id)).all()


def one(identity: Identity, key: UUID) -> Subscription:
    """Raises NotVisible."""
    s = Subscription
    found = db.session.scalars(select(s).where(s.id == key, s.person_id == identity.person)).one_or_none()
    if found is None:
        raise NotVisible
    return found


def held(key: UUID) -> Subscription | None:
    """Held until the commit: of two runs at once the second finds it done."""
    return db.session.scalars(select(Subscription).where(Subscription.id == key).with_for_update()).one_or_none()


def deliveries(identity: Identity, most: int = 50) -> Sequence[Delivery]:
    """The workbooks that can still be fetched, newest first."""
    d = Delivery
    return db.session.scalars(select(d).where(d.person_id == identity.person, d.until >= clock.today())
                              .order_by(d.at.desc(), d.id.desc()).limit(most)).all()


def delivery(identity: Identity, key: UUID) -> Delivery:
    """Raises NotVisible, also for one whose time is over."""
    d = Delivery
    found = db.session.scalars(
        select(d).where(d.id == key, d.person_id == identity.person, d.until >= clock.today())).one_or_none()
    if found is None:
        raise NotVisible
    return found


def due(today: date) -> Sequence[tuple[UUID, UUID]]:
    """(subscription, person) of what is to be sent by today; unscoped, through a definer function."""
    with db.engine.begin() as connection:
        found = connection.execute(text("SELECT * FROM app.due_subscriptions(:d)"), {"d": today})
        return [(row.id, row.person_id) for row in found]


def purge(today: date) -> int:
    """Forget workbooks whose time is over; their bytes go with those that no file names. Unscoped."""
    with db.engine.begin() as connection:
        return int(connection.execute(text("SELECT app.purge_deliveries(:d)"), {"d": today}).scalar_one())
