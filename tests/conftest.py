"""Real server, real roles, real commits: one database a worker, copied from a template; time stands still."""
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from portal import embedded, migrate, process, roles
from portal.app import create_app
from portal.config import Settings
from tenants import clock
from tenants.access import Identity
from tenants.db import db
from tenants.isolation import acting_as
from tests.factories import world

pytest_plugins = ["tests.examples"]

ROOT = Path(__file__).resolve().parent.parent
Superuser = psycopg.Connection[tuple[Any, ...]]
As = Callable[[str], AbstractContextManager[Identity]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First what needs no template and takes a while: one worker makes the template meanwhile, for which both would wait."""
    items.sort(key=lambda item: "setup/test_backup" not in item.nodeid)


@pytest.fixture(scope="session")
def server() -> embedded.Server:
    """Left running: the next run is faster. What a test writes need not outlive the machine."""
    return embedded.start(_data(), options={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
                                            "wal_level": "minimal", "max_wal_senders": "0"})


@pytest.fixture(scope="session")
def valkey(worker_id: str) -> embedded.Valkey:
    """One a worker: what one test counts or forgets (sign-in failures, sessions) is not another's."""
    return embedded.start_valkey(_data() / worker_id)


def _data() -> Path:
    return Path(os.environ.get("PORTAL_TEST_DATA", ROOT / "var" / "test"))


def _fingerprint() -> str:
    files = [*ROOT.glob("migrations/**/*"), *ROOT.glob("tenants/*.py"), *ROOT.glob("portal/*/models.py"),
             *ROOT.glob("portal/*/rules.py"), *ROOT.glob("portal/programmes/*.py"), *ROOT.glob("seed/**/*"),
             *ROOT.glob("tests/factories/*.py"), ROOT / "portal/roles.py"]
    text = b"".join(f.read_bytes() for f in sorted(files) if f.is_file() and f.suffix != ".pyc")
    return hashlib.sha256(text).hexdigest()[:12]


def _template(server: embedded.Server, broker: str) -> str:
    name = f"template_{_fingerprint()}"
    with (server.socket.parent / "template.lock").open("w") as lock, \
            server.connect("postgres", "postgres", autocommit=True) as c:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for statement in roles.statements("portal", server.passwords["portal_owner"], server.passwords["portal_app"]):
            c.execute(statement)                              # roles belong to the server, which outlives a run
        if c.execute("SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate", (name,)).fetchone() is None:
            c.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            c.execute(f"CREATE DATABASE {name} OWNER portal_owner")
            migrate.upgrade(server.dsn("portal_owner", name))
            made = create_app(settings(server, name, broker))
            world.build(made)
            with made.app_context():
                db.engine.dispose()
            with server.connect("postgres", name, autocommit=True) as inside:
                inside.execute("ANALYZE")                     # plans from the first test on as they will be
            c.execute(f"ALTER DATABASE {name} IS_TEMPLATE true")
    return name


def settings(server: embedded.Server, database: str, broker: str) -> Settings:
    """What a test's portal runs with: the runtime role, a real broker."""
    return Settings(database_url=server.dsn("portal_app", database), database_owner_url=server.dsn("portal_owner", database),
                    broker_url=broker, secret_key="tests only, nothing secret",
                    storage_url=f"file://{_data() / 'storage' / database}")


@pytest.fixture(scope="session")
def database(server: embedded.Server, valkey: embedded.Valkey, worker_id: str, testrun_uid: str) -> Iterator[str]:
    template, name = _template(server, valkey.url), f"test_{testrun_uid[:8]}_{worker_id}"
    with server.connect("postgres", "postgres", autocommit=True) as c:
        c.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER portal_owner STRATEGY file_copy")
        yield name
        c.execute(f"DROP DATABASE {name} WITH (FORCE)")


# What the world has of each table, which tables a test has written to, and since when a row is not the world's.
_KEEPING = """
SET session_replication_role = replica;
CREATE SCHEMA kept;
CREATE TABLE kept.written (name text, how text);
CREATE TABLE kept.since AS SELECT pg_current_xact_id()::text::bigint AS number;
CREATE FUNCTION kept.note() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS
  'BEGIN INSERT INTO kept.written VALUES (TG_TABLE_NAME, TG_OP); RETURN NULL; END';
REVOKE ALL ON FUNCTION kept.note() FROM PUBLIC
"""


@pytest.fixture(scope="session")
def superuser(server: embedded.Server, database: str) -> Iterator[Superuser]:
    """Looks past every wall, and fires no triggers."""
    with server.connect("postgres", database, autocommit=True) as c:
        c.execute(_KEEPING)
        for table in _tables(c):
            c.execute(f"CREATE TABLE kept.{table} AS TABLE public.{table};"
                      f"CREATE UNIQUE INDEX ON kept.{table} ({', '.join(_keys(table, c))});"
                      f"CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON public.{table}"
                      " FOR EACH STATEMENT EXECUTE FUNCTION kept.note();"
                      f"ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER noted")
        yield c


@pytest.fixture(scope="session")
def app(server: embedded.Server, database: str, valkey: embedded.Valkey) -> Flask:
    made = create_app(settings(server, database, valkey.url))
    made.testing = True
    process.settle()
    return made


@pytest.fixture(autouse=True)
def stand_still(request: pytest.FixtureRequest) -> Iterator[None]:
    """The portal's clock shows world.NOW, unless a test moves it."""
    if "app" in request.fixturenames:
        request.getfixturevalue("app")                        # create_app sets the clock; stop it after that
    with clock.standing_at(world.NOW):
        yield


@pytest.fixture(autouse=True)
def clean(request: pytest.FixtureRequest, stand_still: None) -> Iterator[None]:
    """After a test that used the database everything is as the world has it."""
    used = "database" in request.fixturenames
    c: Superuser | None = request.getfixturevalue("superuser") if used else None
    yield
    if c is not None and (written := c.execute("SELECT name, array_agg(DISTINCT how) FROM kept.written"
                                               " GROUP BY name ORDER BY name").fetchall()):
        c.execute(";".join(_restored(table, frozenset(how), c) for table, how in written) + "; DELETE FROM kept.written;"
                  "UPDATE kept.since SET number = pg_current_xact_id()::text::bigint")


@cache
def _restored(table: str, how: frozenset[str], c: Superuser) -> str:
    """Rows that a test has added or changed go; those that it has changed or removed come back. The others, most of a large
    table, are not written again, and not looked at where nothing was removed."""
    keys = _keys(table, c)
    new = f"DELETE FROM public.{table} WHERE xmin::text::bigint > (SELECT number FROM kept.since)"
    if how == {"INSERT"}:
        return new
    same = " AND ".join(f"there.{key} = k.{key}" for key in keys)
    if "DELETE" in how:
        return (f"{new}; INSERT INTO public.{table} SELECT * FROM kept.{table} k"
                f" WHERE NOT EXISTS (SELECT FROM public.{table} there WHERE {same})")
    return (f"WITH there AS ({new} RETURNING {', '.join(keys)})"
            f" INSERT INTO public.{table} SELECT k.* FROM there JOIN kept.{table} k ON {same}")


def _keys(table: str, c: Superuser) -> list[str]:
    return [r[0] for r in c.execute("SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND"
                                    " a.attnum = ANY(i.indkey) WHERE i.indisprimary AND i.indrelid = %s::regclass", (table,))]


def _tables(c: Superuser) -> list[str]:
    return [r[0] for r in c.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                                    " AND relname <> 'alembic_version' ORDER BY relname").fetchall()]


@pytest.fixture
def acting(app: Flask) -> As:
    """`with acting("contact.guangdong") as actor:` runs services as that person, in that person's scope."""
    @contextmanager
    def made(name: str) -> Iterator[Identity]:
        with app.app_context():
            who = world.identity(name)
            with acting_as(who.scope(writing=True)):
                yield who
    return made
