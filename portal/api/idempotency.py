"""A POST under an Idempotency-Key happens once: what it answered is stored in the transaction that did it."""
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from flask import Response, request
from sqlalchemy import func, select, text

from portal.api.models import StoredAnswer
from portal.web.access import identity
from tenants import clock
from tenants.db import db
from tenants.errors import Invalid, RuleViolated
from tenants.messages import N_

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
LONGEST = 200


def once(act: Callable[[], Response]) -> Response:
    """`act`, or the answer that it gave before. Raises RuleViolated while another request with the key is under way,
    Invalid where the key was used for another body."""
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return act()
    if not 1 <= len(key) <= LONGEST or not key.isprintable():
        raise Invalid({HEADER: [N_("A key has 1 to %(most)s printable characters.", most=LONGEST)]})
    if not db.session.scalar(select(func.pg_try_advisory_xact_lock(_lock(key)))):
        raise RuleViolated(N_("A request with this Idempotency-Key is still under way."))
    kept = _kept(key)
    fingerprint = _fingerprint()
    if kept is not None and kept.at > clock.now() - KEPT:
        if kept.fingerprint != fingerprint:
            raise Invalid({HEADER: [N_("This key was used for another body.")]})
        return _again(kept)
    response = act()
    if 200 <= response.status_code < 300:
        _keep(kept, key, fingerprint, response)
    return response


def _lock(key: str) -> int:
    """A signed 64-bit number for the person, key, method and path."""
    name = json.dumps([str(identity().person), key, request.method, request.path]).encode()
    return int.from_bytes(hashlib.sha256(name).digest()[:8], "big", signed=True)


def _fingerprint() -> bytes:
    """Of what is asked, and of the functions in which it is: who has lost one is not told again what it had shown."""
    functions = sorted(str(a.id) for a in identity().appointments)
    return hashlib.sha256(_of_body() + json.dumps(functions).encode()).digest()


def _of_body() -> bytes:
    """Of what the body says: JSON that differs in white space or order of fields is the same, and so are files sent again,
    whatever stands between them."""
    if request.mimetype == "multipart/form-data":
        return _of_parts()
    raw = request.get_data()
    with suppress(ValueError, RecursionError):      # not JSON: byte by byte
        raw = json.dumps(json.loads(raw), sort_keys=True).encode()
    return hashlib.sha256(raw).digest()


def _of_parts() -> bytes:
    whole = hashlib.sha256(json.dumps(sorted(request.form.items(multi=True))).encode())
    for name, file in sorted(request.files.items(multi=True), key=lambda part: part[0]):
        whole.update(json.dumps([name, file.filename, hashlib.file_digest(file.stream, "sha256").hexdigest()]).encode())  # type: ignore[arg-type]  # a stream that is read and sought
        file.stream.seek(0)
    return whole.digest()


def _kept(key: str) -> StoredAnswer | None:
    return db.session.scalars(select(StoredAnswer).where(
        StoredAnswer.person_id == identity().person, StoredAnswer.key == key,
        StoredAnswer.method == request.method, StoredAnswer.path == request.path)).one_or_none()


def _keep(row: StoredAnswer | None, key: str, fingerprint: bytes, response: Response) -> None:
    """The last row of the transaction. An expired one is written over: it is unique for its key."""
    db.session.flush()
    if row is None:
        row = StoredAnswer(person_id=identity().person, key=key, method=request.method, path=request.path)
        db.session.add(row)
    row.fingerprint, row.status, row.at = fingerprint, response.status_code, clock.now()
    row.etag, row.location, row.body = response.get_etag()[0], response.headers.get("Location"), response.get_data()
    db.session.flush()


def _again(kept: StoredAnswer) -> Response:
    response = Response(kept.body, kept.status, mimetype="application/json")
    if kept.etag:
        response.set_etag(kept.etag)
    if kept.location:
        response.headers["Location"] = kept.location
    return response


def purge(before: datetime) -> int:
    """Forget what was answered before; unscoped, through a definer function, since only its person may read an answer.
    Returns how many."""
    with db.engine.begin() as connection:
        return int(connection.execute(text("SELECT app.purge_answers(:before)"), {"before": before}).scalar_one())
