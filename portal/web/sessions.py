"""Where a browser's session is kept: on the broker, under a number that only the cookie knows.

The API, static files and what machines ask for have none, so they go on without the broker; pages answer 503 then."""
import logging
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

import msgspec
import redis
from flask import Flask, Request, Response, current_app, render_template, request, session
from flask.sessions import SessionMixin
from flask_session.redis.redis import RedisSession, RedisSessionInterface
from redis.exceptions import ConnectionError as BrokerAway
from redis.exceptions import RedisError

from portal.config import Settings

LIFE = timedelta(hours=12)                             # from the last change; a working day
STRANGERS_LIFE = timedelta(hours=2)                    # of a session in which nobody has signed in
WITHOUT = ("/api/", "/static/", "/healthz", "/readyz", "/metrics", "/calendar/")
_PATIENCE = 3                                          # seconds for the broker to answer
_log = logging.getLogger(__name__)


class Kept(RedisSession):
    """A session on the broker. `stored`: whether it is there already."""

    def __init__(self, initial: dict[str, Any] | None = None, sid: str | None = None, permanent: bool | None = None) -> None:
        super().__init__(initial, sid, permanent)
        self.stored = initial is not None
        self.new = initial is None


class NoSession(dict[str, Any], SessionMixin):
    """For requests that need none: forgotten at their end. `missed`: the broker was asked and did not answer."""
    missed = False


class Missed(NoSession):
    missed = True


class Sessions(RedisSessionInterface):
    """Flask-Session on a `redis.Redis` client, with three differences: a session that was ended meanwhile is not written
    back by a slower request; what is read is data and never code; a broker that is away is told by a page."""
    session_class = Kept

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        if request.path.startswith(WITHOUT):
            return NoSession()
        try:
            if not request.cookies.get(self.get_cookie_name(app)):
                self.client.ping()                     # else a stranger would learn it one page later
            opened: SessionMixin = super().open_session(app, request)
        except RedisError as away:
            _log.warning("no session, the broker did not answer: %s", away)
            return Missed()
        return opened

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if isinstance(session, NoSession):
            return
        try:
            super().save_session(app, session, response)
        except RedisError as away:
            _log.warning("a session was not kept, the broker did not answer: %s", away)
            _turn_away(response)

    def regenerate(self, session: Kept) -> None:
        """A new number for the same session; the old one opens nothing any more."""
        super().regenerate(session)
        session.stored = False

    def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
        data = self.client.get(store_id)
        if not data:
            return None
        try:
            read = self.serializer.decoder.decode(data)      # the library's own decode falls back to pickle
        except msgspec.DecodeError:
            return None
        return read if isinstance(read, dict) else None

    def _upsert_session(self, session_lifetime: timedelta, session: Kept, store_id: str) -> None:
        life = session_lifetime if "_user_id" in session else min(session_lifetime, STRANGERS_LIFE)
        self.client.set(store_id, self.serializer.encode(session), ex=int(life.total_seconds()), xx=session.stored)
        session.stored = True


def renew() -> None:
    """Called when somebody signs in: a number that was known before must not open what comes."""
    from_here = session._get_current_object()  # type: ignore[attr-defined]  # the proxy's own way
    if isinstance(from_here, Kept):
        _interface().regenerate(from_here)


def end() -> None:
    """Forget everything; the answer deletes the session on the broker, and the cookie."""
    session.clear()
    session.modified = True


def cookie_name(settings: Settings, name: str) -> str:
    """With a prefix by which browsers insist on https, this host and every path, where there is https."""
    return f"__Host-{name}" if secure(settings) else name


def secure(settings: Settings) -> bool:
    return settings.base_url.startswith("https:")


def _interface() -> Sessions:
    found = current_app.session_interface
    assert isinstance(found, Sessions)
    return found


def _need_broker() -> None:
    """Before anything else of a request: without the broker nobody can be known. Raises what errors.py answers 503."""
    if getattr(session, "missed", False):
        raise BrokerAway("no session without the broker")


def _turn_away(response: Response) -> None:
    """The answer was made already, but the browser would come back as a stranger: say so instead."""
    response.status_code = 503
    response.headers.pop("Location", None)
    response.set_data(render_template("errors/503.html", message=None, path=request.path))


def init_app(app: Flask, settings: Settings) -> None:
    """Call it before `access.init_app`: whether the broker answers is asked first."""
    keeping: MutableMapping[str, Any] = app.config
    keeping.update(
        PERMANENT_SESSION_LIFETIME=LIFE, SESSION_REFRESH_EACH_REQUEST=False, SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_NAME=cookie_name(settings, "portal"), SESSION_COOKIE_SECURE=secure(settings),
        SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,                      # a form may lie open as long as its session lives
        WTF_CSRF_SSL_STRICT=True)
    known = settings.redis_url.partition("://")[0] in ("redis", "rediss", "unix")
    client = redis.Redis.from_url(settings.redis_url if known else "unix:///nonexistent/no-broker-configured",
                                  socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
    app.session_interface = Sessions(app, client, key_prefix="session:", permanent=True, sid_length=32)
    app.before_request(_need_broker)
