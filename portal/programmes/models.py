"""A year's programme: milestones and the templates from which each unit's assignments are made."""
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.programmes.rules import STATES, TEMPLATE_KINDS
from tenants.db import Base, Key
from tenants.models import one_of
from tenants.rls import Kind, kind
from tenants.vocabulary import Line, MilestoneCode, Process

_PUBLISHED = "EXISTS (SELECT FROM programme p WHERE p.id = programme_id)"      # under the reader's own policies


class Programme(Base):
    """One a year. Units see it once it is issued."""
    __tablename__ = "programme"
    __table_args__ = (CheckConstraint(f"state IN {STATES}", name="state"),
                      CheckConstraint("year BETWEEN 2000 AND 2100", name="year"),
                      kind(Kind.PUBLISHED, published="state <> 'draft'", hq_updates=(
                          "name", "name_zh", "theme", "theme_zh", "goals", "goals_zh", "state", "issued_at", "version")))
    id: Mapped[Key]
    year: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str]
    name_zh: Mapped[str]
    theme: Mapped[str]
    theme_zh: Mapped[str]
    goals: Mapped[str]
    goals_zh: Mapped[str]
    state: Mapped[str] = mapped_column(default="draft")
    issued_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    milestones: Mapped[list["Milestone"]] = relationship(order_by="Milestone.position", lazy="raise_on_sql")
    templates: Mapped[list["Template"]] = relationship(order_by="Template.position", lazy="raise_on_sql")


class Milestone(Base):
    __tablename__ = "milestone"
    __table_args__ = (UniqueConstraint("programme_id", "code"), one_of("code", MilestoneCode),
                      kind(Kind.PUBLISHED, published=_PUBLISHED, hq_updates=("due", "title", "title_zh")))
    id: Mapped[Key]
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    code: Mapped[str]
    due: Mapped[date]
    title: Mapped[str]
    title_zh: Mapped[str]
    position: Mapped[int]


class Template(Base):
    """What will be asked of every unit that `targets` selects. `kind`: an ordinary task, the filing of the plan
    itself, or the work on systems, which arises when a filing declares their readiness."""
    __tablename__ = "template"
    __table_args__ = (UniqueConstraint("programme_id", "code"), one_of("line", Line), one_of("process", Process),
                      one_of("milestone", MilestoneCode),
                      CheckConstraint(f"kind IN {TEMPLATE_KINDS}", name="kind"),
                      kind(Kind.PUBLISHED, published=_PUBLISHED, hq_deletes=True, hq_updates=(
                          "code", "line", "process", "milestone", "due", "title", "title_zh", "deliverable",
                          "deliverable_zh", "evidence", "evidence_zh", "targets", "position")))
    id: Mapped[Key]
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    code: Mapped[str]
    kind: Mapped[str]
    line: Mapped[str]
    process: Mapped[str | None]
    milestone: Mapped[str]
    due: Mapped[date]
    title: Mapped[str]
    title_zh: Mapped[str]
    deliverable: Mapped[str]
    deliverable_zh: Mapped[str]
    evidence: Mapped[str]
    evidence_zh: Mapped[str]
    targets: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)       # [{"kind": …}|{"category": …}|{"focus": …}|{"unit": …}]
    position: Mapped[int]
