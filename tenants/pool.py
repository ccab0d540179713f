"""Connections that are kept: whether one is still there is asked before it is used, unless it was in use a moment ago."""
import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

MOMENT = 1.0                        # seconds: a server that ends is hardly back within


def install(engine: Engine) -> None:
    """Called once by create_app for the runtime engine. SQLAlchemy's own way asks each time, twice for every page. What ends
    within a moment of its last use costs one answer."""

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
