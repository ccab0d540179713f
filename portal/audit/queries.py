"""Reading the trail: the history of one thing, the whole trail for the auditor, and whether the chains are whole."""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, text

from portal.audit.models import AuditEntry
from portal.audit.rules import keys_of
from tenants.db import db
from tenants.models import Person

MOST = 500                                             # entries in the history of one thing


def history(kind: str, subject: UUID, limit: int = MOST) -> Sequence[AuditEntry]:
    """Newest first; the database shows it to whoever sees the subject."""
    return db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject_kind == kind, AuditEntry.subject_id == subject)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)).all()


def people(entries: Iterable[AuditEntry]) -> Mapping[UUID, Person]:
    """Everybody whom the entries name, as actors or in their changes: one query."""
    named = {key for e in entries for key in (e.by, e.on_behalf_of, *keys_of(e.changes.values())) if key is not None}
    if not named:
        return {}
    return {p.id: p for p in db.session.scalars(select(Person).where(Person.id.in_(named)))}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an auditor looks for; None asks for nothing. `until` is the first instant that is too late."""
    unit: int | None = None
    action: str | None = None
    person: str = ""
    kind: str | None = None
    subject: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def trail(wanted: Wanted, before: tuple[datetime, UUID] | None, limit: int) -> Sequence[AuditEntry]:
    """One page, newest first, after the entry `before`. The auditor's lane and headquarters' see all chains."""
    found = _matching(wanted)
    if before is not None:
        at, key = before
        found = found.where((AuditEntry.at < at) | ((AuditEntry.at == at) & (AuditEntry.id < key)))
    return db.session.scalars(found.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)).all()


def _matching(wanted: Wanted) -> Select[AuditEntry]:
    e, found = AuditEntry, select(AuditEntry)
    for column, value in ((e.unit_id, wanted.unit), (e.action, wanted.action), (e.subject_kind, wanted.kind),
                          (e.subject_id, wanted.subject)):
        if value is not None:
            found = found.where(column == value)
    if wanted.person:
        called = select(Person.id).where(Person.email.icontains(wanted.person, autoescape=True)
                                         | Person.name.icontains(wanted.person, autoescape=True))
        found = found.where(e.by.in_(called) | e.on_behalf_of.in_(called))
    if wanted.since is not None:
        found = found.where(e.at >= wanted.since)
    if wanted.until is not None:
        found = found.where(e.at < wanted.until)
    return found


def broken() -> Sequence[str]:
    """The entries at which a chain does not hold, first one first; unscoped, through a definer function."""
    with db.engine.begin() as connection:
        return [str(row) for row in connection.execute(text("SELECT entry FROM app.audit_broken()")).scalars()]
