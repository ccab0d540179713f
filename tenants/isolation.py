"""Wall 2, this side of the wire: each transaction carries the scope, or none."""
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, SessionTransaction

from tenants import context, pool
from tenants.context import Scope
from tenants.db import db
from tenants.errors import NoScope, ScopeChanged

_HOOK = "SELECT set_config('role', %s, true), set_config('app.unit_ids', %s, true), set_config('app.person', %s, true)"
_MISSING = object()


def install(engine: Engine) -> None:
    """Called once by create_app for the runtime engine; the owner's engine is left alone."""

    @event.listens_for(engine, "begin")
    def set_scope(connection: Connection) -> None:
        scope = context.current()
        connection.info["scope"] = scope
        if scope is not None:
            driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
            person = str(scope.person) if scope.person else ""
            try:
                driver.execute(_HOOK, (scope.lane, scope.unit_ids, person))   # the driver's: no events, one round trip
            except psycopg.OperationalError as gone:
                raise pool.lost(connection, gone) from gone

    @event.listens_for(engine, "before_cursor_execute")
    def same_scope(connection: Connection, *_: Any) -> None:
        begun = connection.info.get("scope", _MISSING)
        if begun is not _MISSING and begun != context.current():
            raise ScopeChanged("the transaction began under another scope")


def install_session() -> None:
    """Make the ORM's session refuse to begin without a scope, or to go on under another."""
    if not event.contains(db.session, "after_begin", _orm_needs_scope):
        event.listen(db.session, "after_begin", _orm_needs_scope)


def _orm_needs_scope(session: Session, _: SessionTransaction, __: Connection) -> None:
    scope = context.current()
    if scope is None:
        raise NoScope("the ORM was used before anybody's scope was set")
    if session.info.setdefault("scope", scope) != scope:
        raise ScopeChanged("new scope, new session")


@contextmanager
def acting_as(scope: Scope) -> Iterator[None]:
    """Enter a scope: the session must be unused, and is thrown away at the end. Raises ScopeChanged."""
    session = _session()
    if session is not None and (session.in_transaction() or session.identity_map or session.new):
        raise ScopeChanged("entering a scope with a used session")
    with context.bound(scope):
        try:
            yield
        finally:
            if _session() is not None:
                db.session.remove()


@contextmanager
def apart(scope: Scope) -> Iterator[None]:
    """Look at something in another scope, in a transaction of its own that is rolled back, while the one at hand waits
    untouched: what a receiver may see at this moment, for one who delivers in another's scope."""
    before = db.session()
    db.session.registry.set(db.session.session_factory())
    try:
        with context.bound(scope):
            yield
    finally:
        db.session().close()
        db.session.registry.set(before)


def _session() -> Session | None:
    try:
        return db.session() if db.session.registry.has() else None
    except RuntimeError:            # no application context, so no session either
        return None
