"""Files that hang on an issue, a campaign, an assignment, a meeting or a supervision order. The bytes lie in the storage; this says
what they are."""
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tenants.db import Base, Key
from tenants.models import Person, Unit
from tenants.rls import AS_ONESELF, Kind, kind

SUBJECTS = ("issue", "campaign", "assignment", "meeting", "supervision")


class Attachment(Base):
    """One file, seen by whoever sees what it hangs on at that moment. `unit_id` is the unit of the person who added it,
    `size` in bytes, `sha256` in hex, `key` where the storage keeps it; `part` says what the subject needs it for."""
    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_subject", "subject_kind", "subject_id"), Index("uq_attachment_key", "key", unique=True),
                      kind(Kind.ATTACHED, of=SUBJECTS, adds=AS_ONESELF, unit_updates=("removed_at",),
                           hq_updates=("removed_at",)))
    id: Mapped[Key]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    media_type: Mapped[str]
    key: Mapped[str]
    part: Mapped[str] = mapped_column(default="")
    removed_at: Mapped[datetime | None]

    by: Mapped[Person] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
