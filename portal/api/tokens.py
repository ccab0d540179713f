"""A personal access token → its person with every function; no cookie, no session, at most so many calls a minute."""
import hashlib
import time
from collections.abc import Callable
from typing import cast

from flask import Flask, current_app, g, request
from flask_limiter import Limiter, RateLimitExceeded
from werkzeug.exceptions import TooManyRequests

from portal.api.problems import unauthorized
from portal.web.access import Declared, identity
from portal.web.unit_of_work import SAFE
from tenants import directory
from tenants.access import need
from tenants.isolation import acting_as
from tenants.permissions import PUBLIC, Permission, Relation, grants

A_MINUTE = 900                     # calls with one token; the public contract promises 600
LONGEST = 200                      # characters of a token


def enter() -> None:
    """Before every call: 401, then 429, then 403 where no particular thing is asked for.

    With a key in the address the thing is looked for first (404 before 403); then the view and the service judge."""
    declared = declared_here()
    if declared is PUBLIC:
        return
    digest = _digest()
    found = directory.identity_of_token(digest)
    if found is None:
        raise unauthorized(presented=True)
    g.token = digest.hex()
    _count()
    g.identity = g.whole_identity = found
    writing = request.method not in SAFE
    asked = declared if writing and isinstance(declared, Permission) else None
    g.stack.enter_context(acting_as(found.scope(writing=writing, permission=asked)))
    if not request.view_args:
        judge(declared)


def declared_here() -> Declared:
    return cast(Declared, current_app.extensions["portal.declared"][request.endpoint])


def judge(declared: Declared) -> None:
    """Raises NotPermitted where the declared permission is of lists and creation, and not held."""
    if isinstance(declared, Permission) and any(r is Relation.NOTHING for _, r in grants(declared)):
        need(identity(), declared)


def _digest() -> bytes:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > LONGEST:
        raise unauthorized(presented=scheme.lower() == "bearer")
    return hashlib.sha256(token.encode("latin-1", "replace")).digest()


def init_app(app: Flask, storage: str) -> None:
    """`storage` is the broker's address, or empty for this process's memory. While the broker is away each process
    counts by itself."""
    limiter = Limiter(lambda: str(g.token), app=app, storage_uri=storage or "memory://", key_prefix="api",
                      in_memory_fallback_enabled=True, swallow_errors=True,
                      storage_options={"socket_connect_timeout": 1, "socket_timeout": 1} if storage else {})
    counted = limiter.shared_limit(f"{A_MINUTE} per minute", scope="token")(_counted)

    def count() -> None:
        try:
            counted()
        except RateLimitExceeded:
            limit = limiter.current_limit
            wait = max(1, int(limit.reset_at - time.time()) + 1) if limit else 60
            raise TooManyRequests(retry_after=wait) from None

    app.extensions["portal.api.count"] = count


def _counted() -> None:
    """What the limiter wraps: one call."""


def _count() -> None:
    cast(Callable[[], None], current_app.extensions["portal.api.count"])()
