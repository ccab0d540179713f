"""Making, renewing and ending one's calendar address; whose a secret is."""
import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text

from tenants import clock
from tenants.db import db, uuid7


def renew() -> str:
    """A new secret, told this once; the one before opens nothing any more."""
    secret = secrets.token_urlsafe(32)
    db.session.execute(select(func.app.renew_feed(uuid7(), _digest(secret), clock.now())))
    return secret


def end() -> None:
    """The address opens nothing any more. Nothing happens where there is none."""
    db.session.execute(select(func.app.end_feed()))


def made_at() -> datetime | None:
    """When one's own address was made; None without one."""
    found: datetime | None = db.session.scalar(select(func.app.my_feed()))
    return found


def person_of(secret: str) -> UUID | None:
    """Whose calendar it is; unscoped, through a definer function."""
    with db.engine.begin() as connection:
        found: UUID | None = connection.execute(text("SELECT app.feed_person(:d)"), {"d": _digest(secret)}).scalar()
    return found


def _digest(secret: str) -> bytes:
    """What is stored: the secret has 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(secret.encode()).digest()
