"""Notices to persons, the mail that goes with them, and the chat rooms and programs that a unit wants told."""
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from portal.notices.rules import ChannelKind, Mode
from tenants.db import Base, Key
from tenants.models import one_of
from tenants.rls import Kind, kind


class Notice(Base):
    """One thing said to one person. `text` is an English sentence with `params`, translated when shown;
    `message_id` is the outbox message it came from: delivered twice, it is said once. What waits for the letter of a day has
    `digest_at`, and `digested_at` once app.take_digest has put it into one. `answering` is the reminder that its
    receiver may answer."""
    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("message_id", "person_id"),
                      Index("ix_notice_person", "person_id", "at"),
                      Index("ix_notice_subject", "person_id", "subject_id"),
                      Index("ix_notice_unread", "person_id", postgresql_where="read_at IS NULL"),
                      Index("ix_notice_digest", "person_id", postgresql_where="digest_at IS NOT NULL AND digested_at IS NULL"),
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
    kind: Mapped[str | None]
    subject_kind: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    digest_at: Mapped[datetime | None]
    digested_at: Mapped[datetime | None]
    answering: Mapped[UUID | None]


class Mail(Base):
    """A letter as it was written, in the receiver's language; kept so that a demonstration can show it.
    `sent_at` stays empty where no mail server is configured; app.mark_mail_sent writes it, app.withhold_mail empties
    what the receiver may not see any more when it would be sent."""
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
    withheld_at: Mapped[datetime | None]


class Preference(Base):
    """How a person wants to hear of a kind of notice. Written by app.prefer, so that auditors may choose, too."""
    __tablename__ = "notice_preference"
    __table_args__ = (UniqueConstraint("person_id", "kind"), one_of("mode", Mode),
                      kind(Kind.PERSONAL, self_inserts=True, unit_updates=("mode",)))
    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    mode: Mapped[str]


class Channel(Base):
    """A chat room or a program of a unit that is told what the unit is told. `address` holds a secret: no role reads this
    table; functions show everything but the address, which they give to the portal's own delivery alone."""
    __tablename__ = "channel"
    __table_args__ = (one_of("kind", ChannelKind), Index("ix_channel_unit", "unit_id"), kind(Kind.INTERNAL))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    kind: Mapped[str]
    name: Mapped[str]
    address: Mapped[str]
    host: Mapped[str]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    lines: Mapped[list[str]] = mapped_column(ARRAY(Text))
    language: Mapped[str]
    words: Mapped[bool]                                    # tell the sentence; else only what it is about
    active: Mapped[bool]
    version: Mapped[int]
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime]
    said_at: Mapped[datetime | None]                       # when something was last taken
    fault: Mapped[str | None]                              # why the last attempt failed
