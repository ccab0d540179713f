"""What the REST API remembers: answers given under an Idempotency-Key."""
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Key
from tenants.rls import Kind, kind


class StoredAnswer(Base):
    """The 2xx answer to one POST, kept 24 hours per person, method and path, in the transaction that it reports."""
    __tablename__ = "stored_answer"
    __table_args__ = (UniqueConstraint("person_id", "key", "method", "path"),
                      kind(Kind.PERSONAL, self_inserts=True,
                           unit_updates=("fingerprint", "status", "etag", "location", "body", "at")))
    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    key: Mapped[str]
    method: Mapped[str]
    path: Mapped[str]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    etag: Mapped[str | None]
    location: Mapped[str | None]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
