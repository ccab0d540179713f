"""What headquarters asks of a unit, and what the unit reports about it."""
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, query_expression, relationship

from portal.assignments.rules import ASKED, GRANTED, STATES, VERDICTS, WITHDRAWN, LightFacts
from tenants.access import Subject
from tenants.db import Base, Key
from tenants.models import Person, Unit, one_of
from tenants.rls import Kind, kind
from tenants.vocabulary import Line, MilestoneCode, Process

R = TypeVar("R", bound="Request")


class Assignment(Base):
    """One task of one unit. `due` is in force, `original_due` is never overwritten; `milestone_due` bounds what a
    filing may ask for. `template_kind` says whether filing the plan itself is meant."""
    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("unit_id", "programme_id", "code"), CheckConstraint(f"state IN {STATES}", name="state"),
                      one_of("line", Line), one_of("process", Process), one_of("milestone", MilestoneCode),
                      CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
                      Index("ix_assignment_open", "unit_id", "id", postgresql_where=text("state = 'open'")),
                      Index("ix_assignment_board", "programme_id", "milestone", "unit_id"),
                      kind(Kind.OWNED, unit_updates=("percent", "state", "reported_on", "handed_in_on", "version"),
                           hq_updates=("owner_id", "start", "due", "promised", "measure", "percent", "state", "reported_on",
                                       "handed_in_on", "closed_on", "chased_at", "chase_count", "round", "returned_at",
                                       "version")))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    year: Mapped[int]
    code: Mapped[str]
    template_kind: Mapped[str]
    line: Mapped[str]
    process: Mapped[str | None]
    milestone: Mapped[str]
    milestone_due: Mapped[date]
    title: Mapped[str]
    title_zh: Mapped[str]
    deliverable: Mapped[str]
    deliverable_zh: Mapped[str]
    evidence: Mapped[str]
    evidence_zh: Mapped[str]
    promised: Mapped[str] = mapped_column(default="")          # the deliverable in the words of the approved filing
    measure: Mapped[str] = mapped_column(default="")
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    start: Mapped[date | None]
    due: Mapped[date]
    original_due: Mapped[date]
    percent: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default="open")
    reported_on: Mapped[date | None]
    handed_in_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    chased_at: Mapped[datetime | None]
    chase_count: Mapped[int] = mapped_column(default=0)
    round: Mapped[int] = mapped_column(default=1)                # rises when it is returned
    returned_at: Mapped[datetime | None]                         # the last time
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    owner_gone: Mapped[bool | None] = query_expression()         # only where it was asked for: queries.with_owner_gone
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    owner: Mapped[Person | None] = relationship(lazy="raise_on_sql")
    waivers: Mapped[list["WaiverRequest"]] = relationship(lazy="raise_on_sql", order_by="WaiverRequest.asked_at, WaiverRequest.id")

    extensions: Mapped[list["Extension"]] = relationship(lazy="raise_on_sql", order_by="Extension.asked_at, Extension.id")

    @property
    def waiver(self) -> "WaiverRequest | None":
        """The last request to be excused from it, whatever became of it."""
        return self.waivers[-1] if self.waivers else None

    @property
    def open_waiver(self) -> "WaiverRequest | None":
        """The request that waits for an answer."""
        return _open(self.waivers)

    @property
    def open_extension(self) -> "Extension | None":
        return _open(self.extensions)

    @property
    def moves(self) -> "Sequence[date | Extension]":
        """How the due day came from the one first agreed to the one in force: the requests, and each day that the approved plan
        set."""
        found: list[date | Extension] = []
        day = self.original_due
        for e in self.extensions:
            found += [e] if e.due_before == day else [e.due_before, e]
            day = e.due if e.state == GRANTED else e.due_before
        return found if day == self.due else [*found, self.due]

    @property
    def subject(self) -> Subject:
        return Subject(self.unit_id, Line(self.line), self.owner_id)

    @property
    def facts(self) -> LightFacts:
        return LightFacts(self.state, self.percent, self.start, self.due, self.reported_on, self.handed_in_on,
                          self.original_due)


def _open(found: Sequence[R]) -> R | None:
    return found[-1] if found and found[-1].state == ASKED else None


class ProgressReport(Base):
    """What was reported when: the line of an assignment over time. Never changed."""
    __tablename__ = "progress_report"
    __table_args__ = (Index("ix_progress_report_assignment", "assignment_id", "at"),
                      CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
                      kind(Kind.OWNED))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"))
    percent: Mapped[int]
    text: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person | None] = relationship(lazy="raise_on_sql")


def _asked_of(table: str) -> tuple[Any, ...]:
    """What holds of every table of requests: at most one request of an assignment is open, neither answered nor taken back."""
    return (Index(f"ix_{table}_open", "assignment_id", unique=True,
                  postgresql_where=text("verdict IS NULL AND withdrawn_at IS NULL")),
            Index(f"ix_{table}_assignment", "assignment_id", "asked_at"),
            CheckConstraint(f"verdict IN {VERDICTS}", name="verdict"),
            CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", name="decided"),
            CheckConstraint("verdict IS NULL OR withdrawn_at IS NULL", name="one_end"))


def _column(of: Any, name: str) -> str:
    """A column of a class that inherits what this stands in: a declared attribute is asked with the class."""
    return f"{of.__name__}.{name}"


_ASKED = kind(Kind.OWNED, unit_updates=("withdrawn_at",),
              hq_updates=("verdict", "remark", "decided_by_id", "decided_at", "withdrawn_at"))


class Request:
    """What a unit asks of headquarters about an assignment, and the answer; what was said stays as it was."""
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"))
    reason: Mapped[str]
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    verdict: Mapped[str | None]
    remark: Mapped[str] = mapped_column(default="")
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    @declared_attr
    def asked_by(cls) -> Mapped[Person]:
        return relationship(Person, lazy="raise_on_sql", foreign_keys=_column(cls, "asked_by_id"))

    @declared_attr
    def decided_by(cls) -> Mapped[Person | None]:
        return relationship(Person, lazy="raise_on_sql", foreign_keys=_column(cls, "decided_by_id"))

    @property
    def askers(self) -> frozenset[UUID]:
        """Who asked, and in whose name: neither grants it."""
        return frozenset(p for p in (self.asked_by_id, self.on_behalf_of_id) if p)

    @property
    def state(self) -> str:
        return self.verdict or (WITHDRAWN if self.withdrawn_at else ASKED)


class WaiverRequest(Request, Base):
    """That a unit asks to be excused from an assignment as not applicable."""
    __tablename__ = "waiver_request"
    __table_args__ = (*_asked_of("waiver_request"), _ASKED)


class Extension(Request, Base):
    """That a unit asks for more time: `due` instead of `due_before`, which was in force when it asked. `blocking_unit_id` is the
    unit it waits for. Granted, it moves the assignment's due day; the rows together are the ledger of how it slipped."""
    __tablename__ = "extension"
    __table_args__ = (*_asked_of("extension"), CheckConstraint("due > due_before", name="later"), _ASKED)
    due_before: Mapped[date]
    due: Mapped[date]
    blocking_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))

    blocking_unit: Mapped[Unit | None] = relationship(lazy="raise_on_sql", foreign_keys=blocking_unit_id)
