"""Credentials, apart from the people they belong to: only the sign-in lane touches them."""
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tenants.db import Base, Key
from tenants.models import Person
from tenants.rls import Kind, kind


class Account(Base):
    """Who may sign in, under the person's address. `fs_uniquifier` stands in the session; changing it ends every session
    of the person. `one_time`: the password was made for the person, who is to change it before anything else."""
    __tablename__ = "account"
    __table_args__ = (kind(Kind.ACCOUNTS, unit_updates=("password", "active", "fs_uniquifier", "one_time")),)
    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), unique=True)
    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(unique=True)
    one_time: Mapped[bool] = mapped_column(default=False)

    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class AccessToken(Base):
    """A personal access token, kept as its SHA-256."""
    __tablename__ = "access_token"
    __table_args__ = (kind(Kind.ACCOUNTS, unit_updates=("revoked_at",)),)
    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
