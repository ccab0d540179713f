"""What must happen outside a transaction is written inside it, as a row."""
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Key
from tenants.rls import Kind, kind


class OutboxMessage(Base):
    """One message to one unit. Done, or due again at `next_at`, or parked with its reason after too many attempts.
    Of a topic with a `key` a unit gets one message, however often it is posted."""
    __tablename__ = "outbox_message"
    __table_args__ = (UniqueConstraint("unit_id", "topic", "key"),
                      Index("ix_outbox_message_open", "unit_id", "next_at", postgresql_where="done_at IS NULL"),
                      kind(Kind.ADDRESSED, unit_updates=("done_at", "parked_at", "next_at", "attempts", "error")))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))      # the receiver
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime]
    next_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    parked_at: Mapped[datetime | None]
    error: Mapped[str | None]
    key: Mapped[str | None]
