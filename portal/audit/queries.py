"""Reading the trail: the history of one thing, and whether the chains are whole."""
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text

from portal.audit.models import AuditEntry
from tenants.db import db


def history(kind: str, subject: UUID, limit: int = 500) -> Sequence[AuditEntry]:
    """Newest first; the database shows it to whoever sees the subject."""
    return db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject_kind == kind, AuditEntry.subject_id == subject)
        .order_by(AuditEntry.at.desc(), AuditEntry.seq.desc()).limit(limit)).all()


def broken() -> Sequence[str]:
    """The entries at which a chain does not hold, first one first; unscoped, through a definer function."""
    with db.engine.begin() as connection:
        return [str(row) for row in connection.execute(text("SELECT entry FROM app.audit_broken()")).scalars()]
