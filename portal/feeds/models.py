"""The secret address at which a person's calendar is read."""
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Key
from tenants.rls import Kind, kind


class CalendarFeed(Base):
    """One at a time a person; of the secret in its address only the SHA-256. No role reads it: app.renew_feed, app.end_feed and
    app.my_feed are the person's, app.feed_person tells whose a secret is."""
    __tablename__ = "calendar_feed"
    __table_args__ = (Index("uq_calendar_feed_person", "person_id", unique=True), kind(Kind.INTERNAL))
    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[datetime]
