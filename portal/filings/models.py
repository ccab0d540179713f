"""A unit's implementation plan: the general part, an item for each assignment, and how the lines judged it."""
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from portal.assignments.models import Assignment
from portal.assignments.rules import CANCELLED, PLAN_FILING
from portal.filings.rules import NOTE_KINDS, STATES, VERDICTS
from tenants.access import Subject
from tenants.db import Base, Key
from tenants.models import Person, Unit, one_of
from tenants.rls import Kind, kind
from tenants.vocabulary import Line


class Filing(Base):
    """`number` counts versions of the plan; `version` is the optimistic lock. `contacts` is a list of
    {person, part, line}, `readiness` maps a system kind to the stages in which it has quality functions already.
    `first_submitted_at` decides lateness; `round` counts submissions. `due` is the day in force of the unit's task to file the
    plan; a unit without one has the day that was known when the draft was opened."""
    __tablename__ = "filing"
    __table_args__ = (UniqueConstraint("unit_id", "programme_id", "number"), CheckConstraint(f"state IN {STATES}", name="state"),
                      CheckConstraint(f"general_verdict IN {VERDICTS}", name="general_verdict"),
                      kind(Kind.OWNED,
                           unit_updates=("state", "mechanism", "team", "contacts", "readiness", "general_verdict", "round",
                                         "first_submitted_at", "submitted_at", "saved_by_id", "saved_at", "version"),
                           hq_updates=("state", "general_verdict", "approved_at", "version")))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"), index=True)
    number: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default="draft")
    mechanism: Mapped[str] = mapped_column(default="")
    team: Mapped[str] = mapped_column(default="")
    contacts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    readiness: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    general_verdict: Mapped[str] = mapped_column(default="pending")
    due_when_opened: Mapped[date] = mapped_column("due")
    round: Mapped[int] = mapped_column(default=0)
    first_submitted_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column()
    due: Mapped[date] = column_property(func.coalesce(
        select(Assignment.due).where(Assignment.unit_id == unit_id, Assignment.programme_id == programme_id,
                                     Assignment.template_kind == PLAN_FILING).limit(1).scalar_subquery(), due_when_opened))
    __mapper_args__ = {"version_id_col": version}

    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    saved_by: Mapped[Person | None] = relationship(lazy="raise_on_sql")
    items: Mapped[list["FilingItem"]] = relationship(back_populates="filing", lazy="raise_on_sql")

    @property
    def asked(self) -> "list[FilingItem]":
        """The items of which something is asked still; the others stay in sight and count nowhere."""
        return [i for i in self.items if not i.cancelled]

    @property
    def subject(self) -> Subject:
        return Subject(self.unit_id)

    @property
    def general(self) -> Subject:
        """The general part is headquarters customer service's to review (platform rule)."""
        return Subject(self.unit_id, Line.CUSTOMER_SERVICE)


class FilingItem(Base):
    """What the unit plans for one assignment, and what its line says of it."""
    __tablename__ = "filing_item"
    __table_args__ = (UniqueConstraint("filing_id", "assignment_id"), CheckConstraint(f"verdict IN {VERDICTS}", name="verdict"),
                      one_of("line", Line),
                      kind(Kind.OWNED, unit_updates=("owner_id", "start", "due", "deliverable", "measure", "verdict"),
                           hq_updates=("verdict",)))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    filing_id: Mapped[UUID] = mapped_column(ForeignKey("filing.id"))
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"))
    line: Mapped[str]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    start: Mapped[date | None]
    due: Mapped[date | None]
    deliverable: Mapped[str]
    measure: Mapped[str] = mapped_column(default="")
    verdict: Mapped[str] = mapped_column(default="pending")

    filing: Mapped[Filing] = relationship(back_populates="items", lazy="raise_on_sql")
    assignment: Mapped[Assignment] = relationship(lazy="raise_on_sql")
    owner: Mapped[Person | None] = relationship(lazy="raise_on_sql")

    @property
    def cancelled(self) -> bool:
        """Headquarters has cancelled the assignment, or granted that it is not applicable."""
        return self.assignment.state == CANCELLED


class FilingSubmission(Base):
    """What was submitted, as it was: the reviewer of a corrected plan sees what changed since."""
    __tablename__ = "filing_submission"
    __table_args__ = (UniqueConstraint("filing_id", "round"), kind(Kind.OWNED))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    filing_id: Mapped[UUID] = mapped_column(ForeignKey("filing.id"))
    round: Mapped[int]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)


class FilingReview(Base):
    """One line's verdict on one submission."""
    __tablename__ = "filing_review"
    __table_args__ = (Index("ix_filing_review_filing", "filing_id", "at"), one_of("line", Line),
                      CheckConstraint("verdict IN ('approve', 'return')", name="verdict"), kind(Kind.OWNED))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    filing_id: Mapped[UUID] = mapped_column(ForeignKey("filing.id"))
    round: Mapped[int]
    line: Mapped[str]
    verdict: Mapped[str]
    remark: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person | None] = relationship(lazy="raise_on_sql")


class FilingNote(Base):
    """Words at an item, or (no item) about the whole of a line's part: a reviewer's remark, a unit's question, an answer."""
    __tablename__ = "filing_note"
    __table_args__ = (Index("ix_filing_note_filing", "filing_id", "at"), one_of("line", Line),
                      CheckConstraint(f"kind IN {NOTE_KINDS}", name="kind"), kind(Kind.OWNED))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    filing_id: Mapped[UUID] = mapped_column(ForeignKey("filing.id"))
    item_id: Mapped[UUID | None] = mapped_column(ForeignKey("filing_item.id"))
    review_id: Mapped[UUID | None] = mapped_column(ForeignKey("filing_review.id"))
    round: Mapped[int]
    line: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person | None] = relationship(lazy="raise_on_sql")

    @property
    def general(self) -> bool:
        """At the general part, which is customer service's."""
        return self.item_id is None and self.line == Line.CUSTOMER_SERVICE
