"""A connection that rests in the pool while its server ends is noticed before it is used."""
import time

from flask import Flask
from sqlalchemy import text

from tenants import pool
from tenants.db import db
from tests.conftest import As, Superuser


def test_what_has_ended_while_it_rested_is_made_anew(app: Flask, acting: As, superuser: Superuser) -> None:
    def backend() -> int:
        with acting("office"):
            return int(db.session.scalar(text("SELECT pg_backend_pid()")))
    with app.app_context():
        db.engine.dispose()                            # one connection, not those of the tests before
    first = backend()
    assert backend() == first
    time.sleep(pool.MOMENT + 0.1)
    assert backend() == first                          # asked, and still there
    superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'portal_app'"
                      " AND datname = current_database()")
    time.sleep(pool.MOMENT + 0.1)
    assert backend() != first
