"""Units, people and what they are to each other. Reference data: everyone reads it, the administrator writes it."""
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tenants.db import Base, Key
from tenants.rls import Kind, kind
from tenants.vocabulary import Category, Duty, Line, Part, Process, Role, UnitKind


def one_of(column: str, values: type[StrEnum], name: str | None = None) -> CheckConstraint:
    """Codes are text with a check: an enum type's `=` is not leakproof, so it would lose the index under policies."""
    listed = ", ".join(f"'{v.value}'" for v in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name or column)


class Unit(Base):
    """Headquarters, a province, a specialised company, or a part of one. `position` is the plan's order."""
    __tablename__ = "unit"
    __table_args__ = (one_of("kind", UnitKind), one_of("category", Category),
                      kind(Kind.REFERENCE, admin_updates=(
                          "code", "kind", "category", "name", "name_zh", "short_zh", "parent_id", "position",
                          "closed_on", "merged_into_id", "version")))
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    category: Mapped[str | None]
    name: Mapped[str]
    name_zh: Mapped[str]
    short_zh: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    position: Mapped[int]
    closed_on: Mapped[date | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    parent: Mapped["Unit | None"] = relationship(remote_side=[id], foreign_keys=[parent_id], lazy="raise_on_sql")

    @property
    def names(self) -> dict[str, str]:
        """Its name in both languages, as a message takes it."""
        return {"en": self.name, "zh": self.name_zh}

    @property
    def short_names(self) -> dict[str, str]:
        """The same for narrow places."""
        return {"en": self.name, "zh": self.short_zh or self.name_zh}


class Term(Base):
    """The name of a code, in both languages: lines, processes, roles, stages … (`vocabulary` says which)."""
    __tablename__ = "term"
    __table_args__ = (UniqueConstraint("vocabulary", "code"),
                      kind(Kind.REFERENCE, admin_updates=("name", "name_zh", "version")))
    id: Mapped[Key]
    vocabulary: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    name_zh: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    note_zh: Mapped[str] = mapped_column(default="")
    parent: Mapped[str | None]                 # a stage's process, a system's note on stages
    position: Mapped[int]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class Setting(Base):
    """A judgement that is data: the thresholds of the lights, the legend of a unit. `value` is JSON."""
    __tablename__ = "setting"
    __table_args__ = (kind(Kind.REFERENCE, admin_updates=("value", "version"), hq_writes=True, hq_updates=("value", "version")),)
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class Responsibility(Base):
    """Line × process × duty (plan, section 3.2): one duty each."""
    __tablename__ = "responsibility"
    __table_args__ = (UniqueConstraint("line", "process"), one_of("line", Line), one_of("process", Process),
                      one_of("duty", Duty), kind(Kind.REFERENCE, admin_updates=("duty", "segments", "version")))
    id: Mapped[Key]
    line: Mapped[str]
    process: Mapped[str]
    duty: Mapped[str]
    segments: Mapped[str] = mapped_column(default="")      # market segments it is limited to: "C, H, N", "B"
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class Focus(Base):
    """The focus process of a category of specialised companies; not exclusive of other duties."""
    __tablename__ = "focus"
    __table_args__ = (one_of("category", Category), one_of("process", Process),
                      kind(Kind.REFERENCE, admin_updates=("process", "version")))
    id: Mapped[Key]
    category: Mapped[str] = mapped_column(unique=True)
    process: Mapped[str]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class Person(Base):
    """One of the group's own people: work contacts only. Credentials are not here but in `portal/accounts`."""
    __tablename__ = "person"
    __table_args__ = (Index("uq_person_email", text("lower(email)"), unique=True),
                      kind(Kind.REFERENCE, unit_inserts="app.person_id() IS NOT NULL",
                           admin_updates=("email", "name", "phone", "language", "left_on", "version")))
    id: Mapped[Key]
    email: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="zh")
    left_on: Mapped[date | None]                           # the first day on which the person is gone
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    appointments: Mapped[list["Appointment"]] = relationship(back_populates="person", lazy="raise_on_sql")


class Appointment(Base):
    """A person holds a role in a unit, for a line where the role has one, from–until (both inclusive)."""
    __tablename__ = "appointment"
    __table_args__ = (one_of("role", Role), one_of("line", Line),
                      CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="period"),
                      Index("ix_appointment_unit", "unit_id", "role"), Index("ix_appointment_person", "person_id"),
                      kind(Kind.REFERENCE, admin_updates=("role", "line", "deputy", "valid_from", "valid_until", "version"),
                           unit_inserts="unit_id = ANY (app.unit_ids()) AND role = 'member'"))
    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[str]
    line: Mapped[str | None]
    deputy: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    person: Mapped[Person] = relationship(back_populates="appointments", lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")


class Delegation(Base):
    """During leave the holder of an appointment lets another person act in his name, from–until (both inclusive).
    Written by `app.delegate` and `app.end_delegation`, which look whose appointment it is."""
    __tablename__ = "delegation"
    __table_args__ = (CheckConstraint("valid_until >= valid_from", name="period"),
                      Index("ix_delegation_person", "person_id"), kind(Kind.REFERENCE))
    id: Mapped[Key]
    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointment.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    valid_from: Mapped[date]
    valid_until: Mapped[date]


class Liaison(Base):
    """Whom the outside turns to in a unit: its contact, the deputy, the counterpart of each headquarters line.
    Written when headquarters approves the unit's filing that names them."""
    __tablename__ = "liaison"
    __table_args__ = (one_of("part", Part), one_of("line", Line), Index("ix_liaison_unit", "unit_id"),
                      kind(Kind.REFERENCE, hq_writes=True, hq_deletes=True))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    part: Mapped[str]
    line: Mapped[str | None]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class DeskException(Base):
    """The desk of a unit's line is served by another line of the same unit."""
    __tablename__ = "desk_exception"
    __table_args__ = (UniqueConstraint("unit_id", "line"), one_of("line", Line), one_of("served_by", Line, "served_by"),
                      CheckConstraint("served_by <> line", name="other"),
                      kind(Kind.REFERENCE, hq_writes=True, hq_updates=("served_by", "version"), hq_deletes=True))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    line: Mapped[str]
    served_by: Mapped[str]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
