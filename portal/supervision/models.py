"""Supervision orders, and what units replied to them, round by round."""
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.supervision.rules import AboutKind, Grade, OrderState, Ref, Verdict
from tenants.access import Subject
from tenants.db import Base, Key
from tenants.models import Person, Unit, one_of
from tenants.rls import Kind, kind
from tenants.vocabulary import Line


class Order(Base):
    """An order to one unit. `line` is the line at headquarters that issued it, none for the office. `first_term` is the day first
    set and is never overwritten, `term` the one in force; `round` rises when a reply is returned. A unit may only reply
    (trigger). `code` counts within the unit: a common number would tell each of them how many orders there are."""
    __tablename__ = "supervision"
    __table_args__ = (UniqueConstraint("code"), one_of("line", Line), one_of("grade", Grade), one_of("state", OrderState),
                      one_of("about_kind", AboutKind),
                      CheckConstraint("(about_kind IS NULL) = (about_id IS NULL)", name="about"),
                      CheckConstraint("(state IN ('closed', 'withdrawn')) = (ended_at IS NOT NULL)", name="ended"),
                      Index("ix_supervision_unit", "unit_id", "state"), Index("ix_supervision_about", "about_kind", "about_id"),
                      Index("ix_supervision_opened", "opened_at", "id"),
                      Index("uq_supervision_unfinished", "unit_id", "about_id", "line", unique=True,
                            postgresql_nulls_not_distinct=True,
                            postgresql_where="about_id IS NOT NULL AND state IN ('open', 'replied')"),
                      kind(Kind.OWNED, unit_updates=("state", "replied_on", "version"),
                           hq_updates=("state", "term", "round", "replied_on", "ended_at", "reason", "version")))
    id: Mapped[Key]
    code: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    line: Mapped[str | None]
    grade: Mapped[str]
    words: Mapped[str]
    about_kind: Mapped[str | None]
    about_id: Mapped[UUID | None]
    first_term: Mapped[date]
    term: Mapped[date]
    state: Mapped[str] = mapped_column(default="open")
    round: Mapped[int] = mapped_column(default=1)
    opened_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    replied_on: Mapped[date | None]                            # of the round at hand
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")            # of the withdrawal
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    opened_by: Mapped[Person] = relationship(lazy="raise_on_sql")

    @property
    def about(self) -> Ref | None:
        return Ref(AboutKind(self.about_kind), self.about_id) if self.about_kind and self.about_id else None

    @property
    def subject(self) -> Subject:
        return Subject(self.unit_id, Line(self.line) if self.line else None)


class OrderReply(Base):
    """What a unit replied in one round: what it did, by which day it is or will be done; and how that was judged."""
    __tablename__ = "supervision_reply"
    __table_args__ = (UniqueConstraint("supervision_id", "round"), one_of("verdict", Verdict),
                      CheckConstraint("(verdict IS NULL) = (judged_at IS NULL)", name="judged"),
                      kind(Kind.CHILD, of=("supervision",), adds="verdict IS NULL AND by_id = app.person_id()",
                           hq_updates=("verdict", "remark", "judged_by_id", "judged_at")))
    id: Mapped[Key]
    supervision_id: Mapped[UUID] = mapped_column(ForeignKey("supervision.id"))
    round: Mapped[int]
    words: Mapped[str]
    done_by: Mapped[date]
    term: Mapped[date]                                         # the one in force when it was written
    by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    verdict: Mapped[str | None]
    remark: Mapped[str] = mapped_column(default="")
    judged_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    judged_at: Mapped[datetime | None]

    by: Mapped[Person] = relationship(lazy="raise_on_sql", foreign_keys=by_id)
    judged_by: Mapped[Person | None] = relationship(lazy="raise_on_sql", foreign_keys=judged_by_id)


class OrderNumber(Base):
    """The last number given to a unit's orders in a year; counted by `app.next_order_number`."""
    __tablename__ = "supervision_number"
    __table_args__ = (kind(Kind.INTERNAL),)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
