"""Meetings that headquarters calls, who was asked to come, what was said and what was decided."""
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.meetings.rules import Answer, MeetingKind, MeetingState
from tenants.access import Subject
from tenants.db import Base, Key
from tenants.models import Person, Unit, one_of
from tenants.rls import Kind, kind
from tenants.vocabulary import Line

_NOBODY = "false"                      # headquarters alone adds: units have nothing to add in its name


class Meeting(Base):
    """`unit_id` is headquarters', `line` the one that convenes, none for the office. `parties` are the units invited, the only
    ones that see it. What is published stays as it is (trigger); corrections are addenda."""
    __tablename__ = "meeting"
    __table_args__ = (one_of("kind", MeetingKind), one_of("line", Line), one_of("state", MeetingState),
                      CheckConstraint("ends_at > starts_at", name="period"),
                      CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published"),
                      Index("ix_meeting_parties", "parties", postgresql_using="gin"), Index("ix_meeting_starts", "starts_at", "id"),
                      kind(Kind.SHARED, adds=_NOBODY, hq_updates=(
                          "kind", "title", "place", "starts_at", "ends_at", "parties", "agenda", "state", "minutes",
                          "published_at", "published_by_id", "version")))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    line: Mapped[str | None]
    kind: Mapped[str]
    title: Mapped[str]
    place: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    parties: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    agenda: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    state: Mapped[str]
    minutes: Mapped[str] = mapped_column(default="")
    convened_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    convened_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    convened_by: Mapped[Person] = relationship(lazy="raise_on_sql", foreign_keys=convened_by_id)
    published_by: Mapped[Person | None] = relationship(lazy="raise_on_sql", foreign_keys=published_by_id)

    @property
    def subject(self) -> Subject:
        return Subject(self.unit_id, Line(self.line) if self.line else None, parties=tuple((u, None) for u in self.parties))


class MeetingInvitation(Base):
    """That a unit was asked to come, and its answer; seen by the unit and headquarters."""
    __tablename__ = "meeting_invitation"
    __table_args__ = (UniqueConstraint("meeting_id", "unit_id"), one_of("answer", Answer),
                      CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
                      Index("ix_meeting_invitation_unit", "unit_id", "answer"),
                      kind(Kind.OWNED, unit_updates=("answer", "words", "by_id", "answered_at")))
    id: Mapped[Key]
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    answer: Mapped[str | None]
    words: Mapped[str] = mapped_column(default="")
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]

    meeting: Mapped[Meeting] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    by: Mapped[Person | None] = relationship(lazy="raise_on_sql")


class MeetingDecision(Base):
    """What a meeting decided that one unit does; `assignment_id` what became of it, once. Before that, and before the minutes are
    out, it may be corrected or taken back (trigger)."""
    __tablename__ = "meeting_decision"
    __table_args__ = (one_of("line", Line), Index("ix_meeting_decision_meeting", "meeting_id"),
                      UniqueConstraint("assignment_id"),
                      kind(Kind.CHILD, of=("meeting",), adds=_NOBODY, hq_deletes=True, hq_updates=(
                          "unit_id", "line", "title", "deliverable", "due", "owner_id", "assignment_id", "version")))
    id: Mapped[Key]
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    line: Mapped[str]
    title: Mapped[str]
    deliverable: Mapped[str]
    due: Mapped[date]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    assignment_id: Mapped[UUID | None] = mapped_column(ForeignKey("assignment.id"))
    by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    meeting: Mapped[Meeting] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    owner: Mapped[Person | None] = relationship(lazy="raise_on_sql", foreign_keys=owner_id)


class MeetingAddendum(Base):
    """A correction of minutes that are out, or something more to say; never changed itself."""
    __tablename__ = "meeting_addendum"
    __table_args__ = (Index("ix_meeting_addendum_meeting", "meeting_id"), kind(Kind.CHILD, of=("meeting",), adds=_NOBODY))
    id: Mapped[Key]
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"))
    text: Mapped[str]
    by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]

    by: Mapped[Person] = relationship(lazy="raise_on_sql")
