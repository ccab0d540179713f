"""`portal env`, `db`, `check` and added commands, as typed in a shell."""
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from portal import examination, plugins, roles, servers
from portal.config import Settings
from portal.embedded import programs
from tests.setup.processes import free_port, of, run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A migrated installation whose servers nobody uses at the moment."""
    made = tmp_path_factory.mktemp("commands") / "data"
    said = run(made, "db", "upgrade")
    assert said.returncode == 0, said.stderr
    yield made
    assert of(made) == []


def test_env_masks_until_asked(data: Path) -> None:
    masked, plain = run(data, "env").stdout, run(data, "env", "--secrets").stdout
    passwords = re.findall(r"//\w+:([^@]+)@", plain)
    assert len(passwords) == 2 and not any(p in masked for p in passwords)
    assert "SECRET_KEY=********" in masked and "SECRET_KEY=********" not in plain
    assert all(re.fullmatch(r"[A-Z_]+=.*", line) for line in plain.splitlines())
    assert f"BROKER_URL=unix://{data}/valkey/valkey.sock" in plain.splitlines()
    assert of(data) == []                              # nothing was started for it


def test_addresses_of_env_configure_another_portal(data: Path) -> None:
    shown = dict(line.split("=", 1) for line in run(data, "env", "--secrets").stdout.splitlines())
    with servers.running(Settings.for_tests(data=data, broker_url="")):
        found = Settings.from_environment(shown)
        assert found.embedded == (False, False)
        assert servers.database_fault(found.database_url) is None and servers.broker_fault(found) is None
        said = run(data / "other", "check", **{**shown, "PORTAL_DATA": str(data / "other")})
        assert "ok    runtime role" in said.stdout and "ok    broker" in said.stdout
        assert not (data / "other" / "postgres").exists()


def test_who_leaves_last_stops_the_servers(data: Path) -> None:
    settings = Settings.for_tests(data=data, broker_url="")
    with servers.running(settings) as (first, _):
        with servers.running(settings) as (second, _):
            assert first.database_url == second.database_url
        assert servers.database_fault(first.database_url) is None
        assert run(data, "db", "upgrade").stdout.strip().endswith("as before")
        assert servers.database_fault(first.database_url) is None
    assert of(data) == []


def test_check_passes_on_a_fresh_installation(data: Path) -> None:
    said = run(data, "check")
    assert said.returncode == 0, said.stdout + said.stderr
    assert [line[:4] for line in said.stdout.splitlines()] == ["ok  "] * 7


def test_check_sees_each_fault(data: Path, tmp_path: Path) -> None:
    def failed(settings: Settings) -> set[str]:
        return {f.question for f in examination.examine(settings) if not f.ok}

    with servers.running(Settings.for_tests(data=data, broker_url="")) as (settings, held):
        server = held.postgres
        assert server is not None and failed(settings) == set()
        with server.connect("postgres", autocommit=True) as c:
            c.execute("CREATE TABLE public.stray (n int)")
            assert failed(settings) == {"row-level security"}
            c.execute("ALTER TABLE stray OWNER TO portal_app; ALTER TABLE stray ENABLE ROW LEVEL SECURITY; "
                      "ALTER TABLE stray FORCE ROW LEVEL SECURITY")
            assert failed(settings) == {"runtime role"}
            c.execute("DROP TABLE stray; ALTER ROLE portal_app BYPASSRLS")
            assert failed(settings) == {"runtime role"}
            c.execute("ALTER ROLE portal_app NOBYPASSRLS; GRANT portal_oversight TO portal_app WITH INHERIT TRUE")
            assert failed(settings) == {"runtime role"}
            c.execute("GRANT portal_oversight TO portal_app WITH INHERIT FALSE")
            c.execute("UPDATE alembic_version SET version_num = '0000' || version_num")
            assert "migrations" in failed(settings)
            c.execute("UPDATE alembic_version SET version_num = substr(version_num, 5)")
        assert failed(settings) == set()
        assert failed(replace(settings, broker_url="redis://127.0.0.1:1/0")) == {"broker"}
        assert failed(replace(settings, secret_key="short")) == {"secrets"}
        (tmp_path / "file").write_text("")
        assert failed(replace(settings, storage_url=f"file://{tmp_path}/file/below")) == {"storage"}
        owner = replace(settings, database_url=settings.database_owner_url)
        assert failed(owner) == {"runtime role"}


def test_check_fails_with_status_one(tmp_path: Path) -> None:
    said = run(tmp_path / "new", "check")
    assert said.returncode == 1 and "run portal db upgrade" in said.stdout and said.stderr == ""


@pytest.mark.parametrize("command", [("up", "--port", "0"), ("db", "upgrade")])
def test_an_unreachable_database_is_one_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    address = f"postgresql://portal_app:hush@127.0.0.1:{free_port()}/portal"
    said = run(tmp_path / "d", *command, DATABASE_URL=address, DATABASE_OWNER_URL=address, SECRET_KEY="x" * 40,
               BROKER_URL="redis://127.0.0.1:1/0")
    assert said.returncode == 1 and said.stderr.count("\n") == 1, said.stderr
    assert "the database does not answer" in said.stderr and "check DATABASE_OWNER_URL" in said.stderr
    assert "hush" not in said.stderr + said.stdout
    assert not (tmp_path / "d" / "postgres").exists() and not (tmp_path / "d" / "valkey").exists()


@pytest.mark.parametrize(("env", "line"), [
    ({"PORTAL_MODE": "production"}, "SECRET_KEY is not set"),
    ({"DATABASE_URL": "postgresql://portal_app@127.0.0.1:1/portal", "SECRET_KEY": "x" * 40, "BROKER_URL": "redis://h"},
     "DATABASE_OWNER_URL is not set"),
    ({"PORTAL_MODE": "production", "SECRET_KEY": "x" * 40, "PORTAL_CLOCK": "2026-01-01T00:00:00Z"}, "PORTAL_CLOCK is refused"),
    ({"PORTAL_DATA": "/proc/none"}, "PORTAL_DATA")])
def test_a_start_that_cannot_be_is_one_line(tmp_path: Path, env: dict[str, str], line: str) -> None:
    said = run(tmp_path / "d", "up", "--port", "0", **env)
    assert (said.returncode, said.stderr.count("\n")) == (1, 1), said.stderr
    assert line in said.stderr and "Traceback" not in said.stderr


def test_db_roles_is_sql_that_may_run_twice(data: Path) -> None:
    text = run(data, "db", "roles", "--database", "other").stdout
    assert "CHANGE-ME-owner" in text and "CHANGE-ME-app" in text
    with servers.running(Settings.for_tests(data=data, broker_url="")) as (_, held):
        assert held.postgres is not None
        with held.postgres.connect("postgres", "postgres", autocommit=True) as c:
            c.execute("CREATE DATABASE other")
            psql = [str(programs.folder(None) / "psql"), "-qX", "-v", "ON_ERROR_STOP=1", "-h", str(held.postgres.socket),
                    "-U", "postgres", "-d", "other"]
            for _ in range(2):
                subprocess.run(psql, input=text.replace("CHANGE-ME-", "secret-"), text=True, check=True,
                               env={"PGPASSWORD": held.postgres.passwords["postgres"]})
            with psycopg.connect(host=str(held.postgres.socket), user="portal_app", password="secret-app", dbname="other") as app:
                assert app.execute("SELECT current_user").fetchone() == ("portal_app",)
            c.execute("DROP DATABASE other")
            for role in ("portal_owner", "portal_app"):      # as they were, for the other tests
                c.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role),
                                                                      sql.Literal(held.postgres.passwords[role])))


def test_db_roles_needs_no_server(tmp_path: Path) -> None:
    said = run(tmp_path / "d", "db", "roles").stdout
    assert all(lane in said for lane in roles.ALL)
    assert not (tmp_path / "d").exists()


def test_the_grant_asks_for_the_servers_version() -> None:
    """PostgreSQL 15 has no WITH INHERIT: it stands only behind the question."""
    lines = roles.script().splitlines()
    assert not any("WITH INHERIT" in line and "EXECUTE" not in line and not line.startswith("--") for line in lines)
    assert any("server_version_num" in line for line in lines)


def test_added_commands_are_found_by_name(data: Path) -> None:
    assert set(plugins.names()) >= {"seed", "openapi", "user", "appoint", "token", "audit"}
    assert "seed" in run(data, "--help").stdout
    said = run(data, "no-such-command")
    assert said.returncode == 2 and "No such command" in said.stderr


def test_help_of_an_added_command_starts_nothing(tmp_path: Path) -> None:
    assert run(tmp_path / "d", "seed", "plan", "--help").returncode == 0
    assert not (tmp_path / "d").exists()


def test_embedded_servers_are_left_alone_when_addresses_are_given(tmp_path: Path) -> None:
    given = Settings.for_tests(data=tmp_path / "d", database_url="postgresql+psycopg://h/d", broker_url="redis://h")
    with servers.running(given) as (settings, held):
        assert (held.postgres, held.valkey) == (None, None)
        assert (settings.database_url, settings.broker_url) == (given.database_url, given.broker_url)
    assert not (tmp_path / "d").exists()
