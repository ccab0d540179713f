"""Filters that a person keeps under a name."""
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Key
from tenants.rls import Kind, kind


class SavedFilter(Base):
    """`page` is a list's path, `query` what follows its question mark."""
    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("person_id", "page", "name"),
                      kind(Kind.PERSONAL, self_inserts=True, self_deletes=True, unit_updates=("query",)))
    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    page: Mapped[str]
    name: Mapped[str]
    query: Mapped[str]
    at: Mapped[datetime]
