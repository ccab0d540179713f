"""A POST under an Idempotency-Key happens once: what it answered is stored in the transaction that did it."""
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress

from flask import Response, request

from portal.web import answered
from portal.web.answered import StoredAnswer
from tenants.errors import Invalid, RuleViolated
from tenants.messages import N_

HEADER = "Idempotency-Key"
LONGEST = 200


def once(act: Callable[[], Response]) -> Response:
    """`act`, or the answer that it gave before. Raises RuleViolated while another request with the key is under way,
    Invalid where the key was used for another body."""
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return act()
    if not 1 <= len(key) <= LONGEST or not key.isprintable():
        raise Invalid({HEADER: [N_("A key has 1 to %(most)s printable characters.", most=LONGEST)]})
    if not answered.take(key):
        raise RuleViolated(N_("A request with this Idempotency-Key is still under way."))
    kept, mark = answered.found(key), answered.fingerprint(_of_body())
    if kept is not None and kept.fresh:
        if kept.fingerprint != mark:
            raise Invalid({HEADER: [N_("This key was used for another body.")]})
        return _again(kept)
    response = act()
    if 200 <= response.status_code < 300:
        answered.keep(kept, key, mark, response)
    return response


def _of_body() -> bytes:
    """Of what the body says: JSON that differs in white space or order of fields is the same, and so are files sent again,
    whatever stands between them."""
    if request.mimetype == "multipart/form-data":
        return answered.of_form()
    raw = request.get_data()
    with suppress(ValueError, RecursionError):      # not JSON: byte by byte
        raw = json.dumps(json.loads(raw), sort_keys=True).encode()
    return hashlib.sha256(raw).digest()


def _again(kept: StoredAnswer) -> Response:
    response = Response(kept.body, kept.status, mimetype="application/json")
    if kept.etag:
        response.set_etag(kept.etag)
    if kept.location:
        response.headers["Location"] = kept.location
    return response
