"""Reading files' facts. What hangs on something that a person may not read is not there."""
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, text
from sqlalchemy.orm import joinedload

from portal.attachments import registry
from portal.attachments.models import Attachment
from tenants.access import Identity, reaches
from tenants.db import db
from tenants.errors import NotVisible


def of(kind: str, subject: UUID, part: str | None = None) -> Sequence[Attachment]:
    """The files of a thing that the caller has read already, oldest first; `part` narrows to what they are for."""
    wanted = select(Attachment).where(Attachment.subject_kind == kind, Attachment.subject_id == subject,
                                      Attachment.removed_at.is_(None))
    if part is not None:
        wanted = wanted.where(Attachment.part == part)
    return db.session.scalars(wanted.order_by(Attachment.at, Attachment.id)
                              .options(joinedload(Attachment.by), joinedload(Attachment.unit))).all()


def one(identity: Identity, key: UUID) -> tuple[Attachment, Any]:
    """A file and what it hangs on. What may not be read costs what does not exist: one statement. Raises NotVisible."""
    found = db.session.scalars(select(Attachment).where(Attachment.id == key, Attachment.removed_at.is_(None), in_sight(identity))
                               .options(joinedload(Attachment.by), joinedload(Attachment.unit))).one_or_none()
    if found is None:
        raise NotVisible
    return found, registry.of(found.subject_kind).load(identity, found.subject_id)


def in_sight(identity: Identity) -> ColumnElement[bool]:
    """Files on what this person may read. Who reads nothing of a kind may be in a lane that the database does not let near
    its table."""
    a = Attachment
    return or_(false(), *(and_(a.subject_kind == c.kind, exists().where(c.key == a.subject_id, c.readable(identity)))
                          for c in registry.known() if reaches(identity, c.read)))


def count(kind: str, subject: UUID) -> int:
    """Held until the commit: two who add the last file at once do not both."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"files of {kind} {subject}", 0))))
    return db.session.scalar(select(func.count()).select_from(Attachment).where(
        Attachment.subject_kind == kind, Attachment.subject_id == subject, Attachment.removed_at.is_(None))) or 0


def unknown(keys: Collection[str]) -> list[str]:
    """Those of the storage's keys that no file has; unscoped, through a definer function."""
    with db.engine.begin() as connection:
        return list(connection.execute(text("SELECT * FROM app.unknown_files(:keys)"), {"keys": list(keys)}).scalars())
