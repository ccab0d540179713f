"""Portals of their own in which a demonstration is made, on any day: for tests of the demonstration, and in it."""
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from flask import Flask

from portal import embedded, migrate, roles
from portal.app import create_app
from seed.plan import draft_programme, load_reference
from tenants import clock
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.isolation import acting_as
from tests import conftest

A_FEW = ("beijing", "guangdong", "tibet", "migu", "sichuan", "tietong")
OFFICE = Scope(None, (1,), Lane.OVERSIGHT)
Fresh = Callable[[datetime], Flask]


@pytest.fixture(scope="module")
def empty(server: embedded.Server) -> Iterator[str]:
    """A database with all tables and nothing in them."""
    name = f"demo_{os.getpid()}_empty"
    with server.connect("postgres", "postgres", autocommit=True) as c:
        for statement in roles.statements("portal", server.passwords["portal_owner"], server.passwords["portal_app"]):
            c.execute(statement)
        c.execute(f"CREATE DATABASE {name} OWNER portal_owner")
        migrate.upgrade(server.dsn("portal_owner", name))
        yield name
        c.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def fresh(server: embedded.Server, valkey: embedded.Valkey, empty: str) -> Iterator[Fresh]:
    """Portals with databases of their own: the plan is loaded, the year drafted, and nobody works there yet."""
    made: dict[str, Flask] = {}
    with server.connect("postgres", "postgres", autocommit=True) as c:

        def make(now: datetime) -> Flask:
            name = f"{empty}_{len(made)}"
            c.execute(f"CREATE DATABASE {name} TEMPLATE {empty} OWNER portal_owner STRATEGY file_copy")
            app = made[name] = create_app(conftest.settings(server, name, valkey.url))
            with at(app, now):
                with acting_as(Scope(None, (1,), Lane.ADMINISTRATOR)):
                    load_reference()
                    db.session.commit()
                with acting_as(OFFICE):
                    draft_programme(clock.today().year)
                    db.session.commit()
            return app

        yield make
        for name, app in made.items():
            with app.app_context():
                db.engine.dispose()
            c.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def at(app: Flask, now: datetime) -> Iterator[None]:
    with app.app_context(), clock.standing_at(now):
        yield
