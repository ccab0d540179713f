"""The audit trail: what happened to what, by whom, in whose name."""
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Key
from tenants.rls import Kind, kind


class AuditEntry(Base):
    """One change. `unit_id` is the unit of the appointment acted under: one hash chain a unit.
    seq, prev and hash are the trigger's; they are not fetched back (that would need SELECT)."""
    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject_kind", "subject_id", "at"),
                      Index("ix_audit_entry_at", "at", "id"),
                      Index("uq_audit_entry_chain", "unit_id", "seq", unique=True),
                      kind(Kind.APPEND, history_of=(
                          "filing", "assignment", "campaign", "issue", "caution", "meeting", "supervision"),
                           admin_history=(
                          "unit", "person", "appointment", "delegation", "responsibility", "focus", "term", "setting")))
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    at: Mapped[datetime]
    by: Mapped[UUID | None]
    on_behalf_of: Mapped[UUID | None]
    role: Mapped[str | None]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    seq: Mapped[int | None] = mapped_column(BigInteger)
    prev: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)


class AuditHead(Base):
    """The end of each chain: links alone would miss a tail that was cut off."""
    __tablename__ = "audit_head"
    __table_args__ = (kind(Kind.INTERNAL),)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
