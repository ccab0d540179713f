"""What a person wants to be sent regularly, and the workbooks that were made of it: both are the person's alone."""
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.subscriptions.rules import Rhythm
from tenants.db import Base, Key
from tenants.models import one_of
from tenants.rls import Kind, kind


class Subscription(Base):
    """`page` is a list's path, `query` its filters. It is made with the function of `appointment_id`, in which it was asked for,
    with what that function may read at the moment. `ended_at`: when that was lost."""
    __tablename__ = "subscription"
    __table_args__ = (one_of("rhythm", Rhythm), Index("ix_subscription_person", "person_id"),
                      Index("ix_subscription_next", "next_on", postgresql_where="active"),
                      kind(Kind.PERSONAL, self_inserts=True, self_deletes=True,
                           unit_updates=("active", "ended_at", "next_on", "sent_at")))
    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    appointment_id: Mapped[UUID]
    page: Mapped[str]
    query: Mapped[str]
    name: Mapped[str]
    rhythm: Mapped[str]
    language: Mapped[str]
    active: Mapped[bool]
    made_at: Mapped[datetime]
    next_on: Mapped[date]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Delivery(Base):
    """A workbook that was made, to be fetched until a day; `size` in bytes, `key` where the storage keeps it."""
    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_person", "person_id", "at"), Index("uq_delivery_key", "key", unique=True),
                      kind(Kind.PERSONAL, self_inserts=True, self_deletes=True))
    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    at: Mapped[datetime]
    until: Mapped[date]
    size: Mapped[int]
    key: Mapped[str]
