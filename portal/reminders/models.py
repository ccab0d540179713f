"""The ladder of reminders, which the programme office keeps, and the ledger of what was told by it."""
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as KEY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.reminders.rules import Answer, Channel, Deadline, Span, Whom
from tenants.db import Base, Key
from tenants.models import Person, Unit, one_of
from tenants.rls import Kind, kind


class ReminderRung(Base):
    """One rung: `step` working days or hours after a kind of deadline (before it where negative), whom, by which channel, and
    whether the chat rooms and programs of the unit hear of it."""
    __tablename__ = "reminder_rung"
    __table_args__ = (UniqueConstraint("kind", "step", "span", "whom"), one_of("kind", Deadline), one_of("span", Span),
                      one_of("whom", Whom), one_of("channel", Channel),
                      CheckConstraint("step BETWEEN -250 AND 250", name="step"),
                      kind(Kind.REFERENCE, hq_writes=True, hq_deletes=True, hq_updates=("channel", "rooms")))
    id: Mapped[Key]
    kind: Mapped[str]
    step: Mapped[int]
    span: Mapped[str]
    whom: Mapped[str]
    channel: Mapped[str]
    rooms: Mapped[bool]


class Reminder(Base):
    """That a rung was told, in this round of the thing, to these people. Once: a second sweep finds it. `part` tells apart what
    waits at several desks."""
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


class ReminderAnswer(Base):
    """What somebody who was reminded has answered, in this round of the thing. By a letter's link at most once a reminder and
    person: `by_link` is what makes it single-use. What headquarters says of a unit's thing is headquarters' own (`unit_id`)."""
    __tablename__ = "reminder_answer"
    __table_args__ = (one_of("answer", Answer),
                      Index("ix_reminder_answer_subject", "subject_id", "at"), Index("ix_reminder_answer_unit", "unit_id", "at"),
                      Index("uq_reminder_answer_link", "reminder_id", "person_id", unique=True, postgresql_where="by_link"),
                      kind(Kind.OWNED))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    reminder_id: Mapped[UUID] = mapped_column(ForeignKey("reminder.id"))
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    kind: Mapped[str]
    part: Mapped[str]
    round: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    answer: Mapped[str]
    words: Mapped[str]
    due: Mapped[date | None]
    blocking_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    by_link: Mapped[bool]
    person: Mapped[Person] = relationship(lazy="raise")
    blocking: Mapped[Unit | None] = relationship(lazy="raise", foreign_keys=[blocking_id])
