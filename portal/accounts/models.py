"""Credentials, apart from the people they belong to: only the sign-in lane touches them."""
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base, Key
from tenants.rls import Kind, kind


class Account(Base):
    """Who may sign in. `fs_uniquifier` stands in the session; changing it ends every session of the person."""
    __tablename__ = "account"
    __table_args__ = (kind(Kind.ACCOUNTS, unit_updates=("email", "password", "active", "fs_uniquifier")),)
    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), unique=True)
    email: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(unique=True)


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
