"""A connection that rests in the pool while its server ends is noticed before it is used."""
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal.embedded import Server
from tenants import pool
from tenants.db import db
from tests.api.conftest import token_of
from tests.conftest import As, Superuser
from tests.web.browsing import Browser

_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'portal_app' AND datname = current_database()"


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
    superuser.execute(_END)
    time.sleep(pool.MOMENT + 0.1)
    assert backend() != first


@pytest.fixture
def end(app: Flask, monkeypatch: pytest.MonkeyPatch, superuser: Superuser) -> Callable[[], None]:
    """The server ends four connections at rest, each used a moment ago."""
    monkeypatch.setattr(pool, "MOMENT", 600.0)

    def ended() -> None:
        with app.app_context():
            for connection in [db.engine.connect() for _ in range(4)]:
                connection.close()
        superuser.execute(_END)
    return ended


@pytest.mark.parametrize("path", ["/login", "/desk", "/calendar/nobodys.ics"])
def test_what_ends_within_a_moment_of_its_use_costs_one_answer(app: Flask, end: Callable[[], None], path: str) -> None:
    browser = Browser(app)
    if path == "/desk":
        browser.enter("office")
    before = browser.get(path).status_code
    end()
    assert [browser.get(path).status_code for _ in range(4)] == [503, before, before, before]


def test_the_api_says_the_same_to_a_token(app: Flask, end: Callable[[], None], superuser: Superuser) -> None:
    client, by = app.test_client(use_cookies=False), {"Authorization": f"Bearer {token_of(superuser, 'office')}"}
    assert client.get("/api/v1/me", headers=by).status_code == 200
    end()
    lost = client.get("/api/v1/me", headers=by)
    assert lost.status_code == 503 and lost.content_type == "application/problem+json"
    assert client.get("/api/v1/me", headers=by).status_code == 200


def test_a_task_hears_of_it_as_of_any_lost_connection(acting: As, end: Callable[[], None]) -> None:
    """As what is tried again; the connections that ended with it are made anew at once."""
    with acting("office"):
        end()
        with pytest.raises(OperationalError) as lost:
            db.session.scalar(text("SELECT 1"))
    assert lost.value.connection_invalidated
    with acting("office"):
        assert db.session.scalar(text("SELECT 1")) == 1


def test_pages_say_so_while_the_database_takes_no_connection(app: Flask, server: Server, database: str) -> None:
    browser = Browser(app)
    browser.enter("office")
    assert browser.get("/desk").status_code == 200
    with server.connect("postgres", "postgres", autocommit=True) as above:
        above.execute(f"ALTER DATABASE {database} WITH ALLOW_CONNECTIONS false")
        try:
            above.execute(_END.replace("current_database()", f"'{database}'"))
            answers = [browser.get(path) for path in ("/desk", "/login", "/desk", "/api/v1/me")]
        finally:
            above.execute(f"ALTER DATABASE {database} WITH ALLOW_CONNECTIONS true")
    assert [a.status_code for a in answers] == [503, 503, 503, 401]
    assert browser.get("/desk").status_code == 200
