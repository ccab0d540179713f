"""The ladder of reminders, which the programme office keeps, and the ledger of what was told by it."""
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as KEY
from sqlalchemy.orm import Mapped, mapped_column

from portal.reminders.rules import Channel, Deadline, Span, Whom
from tenants.db import Base, Key
from tenants.models import one_of
from tenants.rls import Kind, kind


class ReminderRung(Base):
    """One rung: `step` working days or hours after a kind of deadline (before it where negative), whom, by which channel."""
    __tablename__ = "reminder_rung"
    __table_args__ = (UniqueConstraint("kind", "step", "span", "whom"), one_of("kind", Deadline), one_of("span", Span),
                      one_of("whom", Whom), one_of("channel", Channel),
                      CheckConstraint("step BETWEEN -250 AND 250", name="step"),
                      kind(Kind.REFERENCE, hq_writes=True, hq_deletes=True, hq_updates=("channel",)))
    id: Mapped[Key]
    kind: Mapped[str]
    step: Mapped[int]
    span: Mapped[str]
    whom: Mapped[str]
    channel: Mapped[str]


class Reminder(Base):
    """That a rung was told, in this round of the thing, to these people. Once: a second sweep finds it. `part` tells apart what
    waits at several desks; `people` is empty where nobody was there to be told."""
    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("subject_id", "kind", "part", "round", "rung"), one_of("kind", Deadline),
                      Index("ix_reminder_unit", "unit_id", "at"), kind(Kind.OWNED))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    kind: Mapped[str]
    part: Mapped[str]
    round: Mapped[str]
    rung: Mapped[str]
    people: Mapped[list[UUID]] = mapped_column(ARRAY(KEY(as_uuid=True)))
    at: Mapped[datetime]
