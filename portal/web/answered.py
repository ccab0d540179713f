"""What a POST was answered, kept for a day in the transaction that it reports: sent again, it is answered so and does nothing.

Programs send a key of their own (portal/api/idempotency.py), the portal's forms a token (portal/web/once.py)."""
import hashlib
import json
from datetime import datetime, timedelta
from uuid import UUID

from flask import Response, request
from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.web.access import identity
from tenants import clock
from tenants.db import Base, Key, db
from tenants.rls import Kind, kind

KEPT = timedelta(hours=24)


class StoredAnswer(Base):
    """The answer to one POST that did something, kept 24 hours per person, method and path."""
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

    @property
    def fresh(self) -> bool:
        """Whether it still counts; an older one is written over, since it is unique for its key."""
        return self.at > clock.now() - KEPT


def wait_for(key: str) -> None:
    """Hold the key until the transaction ends, once whoever else holds it has ended his."""
    db.session.execute(select(func.pg_advisory_xact_lock(_lock(key))))


def take(key: str) -> bool:
    """Hold the key until the transaction ends, unless somebody else holds it."""
    return bool(db.session.scalar(select(func.pg_try_advisory_xact_lock(_lock(key)))))


def _lock(key: str) -> int:
    """A signed 64-bit number for the person, key, method and path."""
    name = json.dumps([str(identity().person), key, request.method, request.path]).encode()
    return int.from_bytes(hashlib.sha256(name).digest()[:8], "big", signed=True)


def fingerprint(body: bytes) -> bytes:
    """Of what is asked, and of the functions in which it is: who has lost one is not told again what it had shown."""
    functions = sorted(str(a.id) for a in identity().appointments)
    return hashlib.sha256(body + json.dumps(functions).encode()).digest()


def of_form(*but: str) -> bytes:
    """Of the fields and files of a form, whatever stands between them; but for some that say nothing."""
    fields = sorted(pair for pair in request.form.items(multi=True) if pair[0] not in but)
    whole = hashlib.sha256(json.dumps(fields).encode())
    for name, file in sorted(request.files.items(multi=True), key=lambda part: part[0]):
        whole.update(json.dumps([name, file.filename, hashlib.file_digest(file.stream, "sha256").hexdigest()]).encode())  # type: ignore[arg-type]  # a stream that is read and sought
        file.stream.seek(0)
    return whole.digest()


def found(key: str) -> StoredAnswer | None:
    return db.session.scalars(select(StoredAnswer).where(
        StoredAnswer.person_id == identity().person, StoredAnswer.key == key,
        StoredAnswer.method == request.method, StoredAnswer.path == request.path)).one_or_none()


def keep(row: StoredAnswer | None, key: str, mark: bytes, response: Response) -> None:
    """The last row of the transaction; `row` is what was found under the key before."""
    db.session.flush()
    if row is None:
        row = StoredAnswer(person_id=identity().person, key=key, method=request.method, path=request.path)
        db.session.add(row)
    row.fingerprint, row.status, row.at = mark, response.status_code, clock.now()
    row.etag, row.location, row.body = response.get_etag()[0], response.headers.get("Location"), response.get_data()
    db.session.flush()


def purge(before: datetime) -> int:
    """Forget what was answered before; unscoped, through a definer function, since only its person may read an answer.
    Returns how many."""
    with db.engine.begin() as connection:
        return int(connection.execute(text("SELECT app.purge_answers(:before)"), {"before": before}).scalar_one())
