"""Notices to persons, and the mail that goes with them."""
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Key
from tenants.rls import Kind, kind


class Notice(Base):
    """One thing said to one person. `text` is an English sentence with `params`, translated when shown;
    `message_id` is the outbox message it came from: delivered twice, it is said once."""
    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("message_id", "person_id"),
                      Index("ix_notice_person", "person_id", "at"),
                      Index("ix_notice_unread", "person_id", postgresql_where="read_at IS NULL"),
                      kind(Kind.PERSONAL, unit_updates=("read_at",)))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    message_id: Mapped[UUID]
    at: Mapped[datetime]
    text: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    url: Mapped[str]
    read_at: Mapped[datetime | None]


class Mail(Base):
    """A letter as it was written, in the receiver's language; kept so that a demonstration can show it.
    `sent_at` stays empty where no mail server is configured; app.mark_mail_sent writes it."""
    __tablename__ = "mail"
    __table_args__ = (UniqueConstraint("message_id", "person_id"), Index("ix_mail_person", "person_id", "at"),
                      kind(Kind.PERSONAL))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    message_id: Mapped[UUID]
    at: Mapped[datetime]
    sent_to: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    sent_at: Mapped[datetime | None]
