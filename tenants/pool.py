"""Connections that are kept: whether one is still there is asked before it is used, unless it was in use a moment ago."""
import time
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

MOMENT = 1.0                        # seconds: a server that ends is hardly back within


def install(engine: Engine) -> None:
    """Called once by create_app for the runtime engine. SQLAlchemy's own way asks each time, twice for every page. What ends
    within a moment of its last use costs one answer, 503, upon which all the others are made anew, too."""

    @event.listens_for(engine, "checkin")
    def given_back(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info["given_back"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def still_there(connection: Any, entry: ConnectionPoolEntry, _borrowed: Any) -> None:
        """Raises InvalidatePoolError, upon which the pool makes all its connections anew."""
        rested = time.monotonic() - entry.info.get("given_back", time.monotonic())
        if rested > MOMENT and not _answers(engine, connection):
            raise InvalidatePoolError("the server has ended this connection")


def _answers(engine: Engine, connection: Any) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False


def lost(connection: Connection, gone: psycopg.OperationalError) -> OperationalError:
    """What SQLAlchemy raises where a connection has ended, for a statement that the driver was asked to run; as there, no other
    connection at rest is used again."""
    ended = bool(cast("psycopg.Connection[Any]", connection.connection.driver_connection).closed)
    if ended:
        connection.invalidate(gone)
        connection.engine.dispose(close=False)
    return OperationalError(None, None, gone, connection_invalidated=ended)


_AWAY = {None, "57P01", "57P02", "57P03", "53300"}     # no answer at all; shutting down, crashed, starting; no connection left


def away(error: OperationalError) -> bool:
    """Whether the server cannot be reached now, which says nothing of what was asked (PostgreSQL's error codes, appendix A)."""
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _AWAY
