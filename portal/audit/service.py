"""Entries are kept on the session and written last, whoever commits it: chains are locked as briefly as possible."""
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import event, insert
from sqlalchemy.orm import Session, SessionTransaction

from portal.audit.models import AuditEntry
from tenants import clock
from tenants.access import HEADQUARTERS, Appointment
from tenants.context import current
from tenants.db import db, uuid7

Changes = Mapping[str, object]
_WRITTEN = ("id", "unit_id", "at", "by", "on_behalf_of", "role", "action", "subject_kind", "subject_id", "changes")


def record(action: str, kind: str, subject: UUID, changes: Changes, *, under: Appointment | None) -> None:
    """Note one change for the end of this transaction.

    `kind` and `subject` name the thing (its table, its key); `changes` maps a field to [before, after], or to a plain
    value where there is no before; `under` is the appointment that granted it, None for the portal itself."""
    scope = current()
    unit = under.unit if under else (scope.units[0] if scope and scope.units else HEADQUARTERS)
    db.session.info.setdefault("audit", []).append(AuditEntry(
        id=uuid7(), unit_id=unit, at=clock.now(), by=scope.person if scope else None,
        on_behalf_of=under.on_behalf_of if under else None, role=under.role.value if under else None,
        action=action, subject_kind=kind, subject_id=subject, changes={k: _plain(v) for k, v in changes.items()}))


def _plain(value: object) -> Any:
    """What JSON can hold: dates in ISO form, keys as text."""
    match value:
        case Enum():
            return value.value
        case date() | datetime():
            return value.isoformat()
        case UUID():
            return str(value)
        case str():
            return value.replace("\0", "")                  # which JSON may say and PostgreSQL does not store
        case list() | tuple():
            return [_plain(v) for v in value]
        case dict():
            return {str(k): _plain(v) for k, v in value.items()}
        case _:
            return value


def install() -> None:
    """Attach to the session's events; doing so twice changes nothing."""
    if not event.contains(db.session, "before_commit", _write_last):
        event.listen(db.session, "before_commit", _write_last)
        event.listen(db.session, "after_transaction_create", _mark)
        event.listen(db.session, "after_soft_rollback", _forget)


def _write_last(session: Session) -> None:
    if session.in_nested_transaction():              # fires for savepoints too: too early for the chains' locks
        return
    session.flush()
    entries: list[AuditEntry] = session.info.pop("audit", [])
    session.info.pop("audit_marks", None)
    if entries:                                      # not by a flush, which would sort them by primary key
        ordered = sorted(entries, key=lambda e: e.unit_id)      # stable; chains are locked in this order
        session.connection().execute(insert(AuditEntry), [{k: getattr(e, k) for k in _WRITTEN} for e in ordered])


def _mark(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault("audit_marks", {})[transaction] = len(session.info.get("audit", ()))


def _forget(session: Session, previous: SessionTransaction) -> None:
    """A savepoint rolled back takes only its own entries with it; a failed flush rolls back to the nearest savepoint."""
    boundary = previous
    while not boundary.nested and boundary.parent is not None:
        boundary = boundary.parent
    del session.info.get("audit", [])[session.info.get("audit_marks", {}).get(boundary, 0):]
