"""Is everything there that the portal stands on? Asked without anybody's scope."""
from collections.abc import Mapping
from functools import cache

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal import migrate, servers
from portal.config import Settings
from tenants.db import db

_FOUND = text("SELECT app.revision() AS revision, EXISTS (SELECT FROM unit) AS seeded")


def conditions(settings: Settings) -> Mapping[str, bool]:
    """Whether the database answers, is migrated and seeded, and the broker answers. Says no more than that: strangers ask."""
    revision, seeded, answers = None, False, True
    try:
        with db.engine.begin() as connection:
            row = connection.execute(_FOUND).one()
            revision, seeded = row.revision, row.seeded
    except SQLAlchemyError:
        answers = _answers()
    return {"database": answers, "migrated": revision is not None and revision == _expected(), "seeded": seeded,
            "broker": servers.broker_fault(settings) is None}


def _answers() -> bool:
    """An empty database answers, too, though nothing is in it."""
    try:
        with db.engine.begin() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


@cache
def _expected() -> str | None:
    return migrate.newest()
