"""Bulletins of the programme office, who was sent one and has acknowledged it, and the plans by which drafts are composed."""
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.bulletins.rules import LAST_DAY, BulletinState, Rhythm, Spoken
from tenants.access import Subject
from tenants.db import Base, Key
from tenants.models import Person, Unit, one_of
from tenants.rls import Kind, kind


class BulletinPlan(Base):
    """That a bulletin is composed on the `working_day`-th working day of every month or quarter. `receivers` None are all units
    of that day; `done` is the first day of the period that it last ran in."""
    __tablename__ = "bulletin_plan"
    __table_args__ = (one_of("rhythm", Rhythm), CheckConstraint(f"working_day BETWEEN 1 AND {LAST_DAY}", name="working_day"),
                      kind(Kind.PUBLISHED, published="false", hq_deletes=True, hq_updates=("active", "done")))
    id: Mapped[Key]
    title: Mapped[str]
    rhythm: Mapped[str]
    working_day: Mapped[int]
    receivers: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    by_itself: Mapped[bool]
    active: Mapped[bool]
    done: Mapped[date | None]
    by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class Bulletin(Base):
    """Words and figures of a day. `figures` are computed once, `as_of` that moment; `picks` are keys of assignments among them
    that are good practice. `receivers` (None: all units) are meant while it is a draft; `parties`, the only units that see
    it, are empty until it is issued. What is issued never changes and never goes (trigger)."""
    __tablename__ = "bulletin"
    __table_args__ = (one_of("state", BulletinState), UniqueConstraint("year", "number"),
                      CheckConstraint("(state = 'issued') = (published_at IS NOT NULL)", name="published"),
                      CheckConstraint("(state = 'issued') = (number IS NOT NULL AND year IS NOT NULL)", name="numbered"),
                      CheckConstraint("(state = 'issued') = (cardinality(parties) > 0)", name="parties"),
                      Index("ix_bulletin_parties", "parties", postgresql_using="gin"),
                      Index("ix_bulletin_composed", "composed_at", "id"),
                      kind(Kind.SHARED, adds="false", hq_deletes=True, hq_updates=(
                          "title", "words", "picks", "figures", "as_of", "receivers", "parties", "state", "year", "number",
                          "published_at", "published_by_id", "version")))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    year: Mapped[int | None]
    number: Mapped[int | None]
    title: Mapped[str]
    words: Mapped[dict[str, str]] = mapped_column(JSONB)
    picks: Mapped[list[str]] = mapped_column(JSONB)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    as_of: Mapped[datetime]
    receivers: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    parties: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    state: Mapped[str]
    composed_at: Mapped[datetime]
    composed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    @property
    def subject(self) -> Subject:
        return Subject(self.unit_id, parties=tuple((u, None) for u in self.parties))

    @property
    def code(self) -> str:
        """2026-03; empty for a draft."""
        return f"{self.year}-{self.number:02d}" if self.number else ""


class BulletinDocument(Base):
    """An issued bulletin as a document for Word, written once when it was issued; seen by whoever sees the bulletin. Nothing
    changes or removes it, whatever the portal's words and templates become (trigger)."""
    __tablename__ = "bulletin_document"
    __table_args__ = (one_of("language", Spoken), UniqueConstraint("bulletin_id", "language"),
                      CheckConstraint("digest = sha256(content)", name="digest"),
                      kind(Kind.CHILD, of=("bulletin",), adds="false"))
    id: Mapped[Key]
    bulletin_id: Mapped[UUID] = mapped_column(ForeignKey("bulletin.id"))
    language: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class BulletinReceipt(Base):
    """That a unit was sent a bulletin, and who acknowledged it; seen by the unit and headquarters."""
    __tablename__ = "bulletin_receipt"
    __table_args__ = (UniqueConstraint("bulletin_id", "unit_id"),
                      CheckConstraint("(acknowledged_at IS NULL) = (by_id IS NULL)", name="acknowledged"),
                      Index("ix_bulletin_receipt_unit", "unit_id", "acknowledged_at"),
                      kind(Kind.OWNED, unit_updates=("acknowledged_at", "by_id"), hq_updates=("chase_count", "chased_at")))
    id: Mapped[Key]
    bulletin_id: Mapped[UUID] = mapped_column(ForeignKey("bulletin.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    chase_count: Mapped[int] = mapped_column(default=0)
    chased_at: Mapped[datetime | None]

    bulletin: Mapped[Bulletin] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    by: Mapped[Person | None] = relationship(lazy="raise_on_sql")
