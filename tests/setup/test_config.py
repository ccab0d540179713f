"""The configuration: what the environment means, what is refused, what is shown."""
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portal.config import Mode, Settings, SetupFault

KEY = "a key of more than sixteen characters"
DATABASE = "postgresql://portal_app:pw@db.example/portal"
OWNER = "postgresql://portal_owner:pw@db.example/portal"


def read(**env: str) -> Settings:
    return Settings.from_environment(env)


@pytest.mark.parametrize(("addressed", "given", "mode"), [
    (False, "", Mode.DEMONSTRATION), (False, "demonstration", Mode.DEMONSTRATION), (False, "production", Mode.PRODUCTION),
    (True, "", Mode.PRODUCTION), (True, "demonstration", Mode.DEMONSTRATION), (True, "production", Mode.PRODUCTION)])
def test_mode(addressed: bool, given: str, mode: Mode) -> None:
    env = {"SECRET_KEY": KEY, "PORTAL_MODE": given} | ({"DATABASE_URL": DATABASE} if addressed else {})
    assert read(**env).mode is mode


@pytest.mark.parametrize(("env", "line"), [
    ({"PORTAL_MODE": "test"}, "PORTAL_MODE"),
    ({"PORTAL_MODE": "production"}, "SECRET_KEY is not set"),
    ({"DATABASE_URL": DATABASE}, "SECRET_KEY is not set"),
    ({"PORTAL_MODE": "production", "SECRET_KEY": "short"}, "SECRET_KEY is shorter"),
    ({"PORTAL_MODE": "production", "SECRET_KEY": KEY, "PORTAL_CLOCK": "2026-01-01T00:00:00Z"}, "PORTAL_CLOCK is refused"),
    ({"PORTAL_CLOCK": "2026-01-01T00:00:00"}, "with its offset"),
    ({"PORTAL_CLOCK": "tomorrow"}, "with its offset"),
    ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL is not an address"),
    ({"DATABASE_URL": "portal"}, "DATABASE_URL is not an address"),
    ({"DATABASE_OWNER_URL": OWNER}, "set both"),
    ({"BROKER_URL": "amqp://x"}, "BROKER_URL is not an address"),
    ({"PORTAL_TIMEZONE": "Mars/Base"}, "PORTAL_TIMEZONE"),
    ({"PORTAL_TIMEZONE": "../etc/passwd"}, "PORTAL_TIMEZONE"),
    ({"PORTAL_LOCALE": "tlh"}, "PORTAL_LOCALE"),
    ({"PORTAL_BASE_URL": "portal.example"}, "PORTAL_BASE_URL")])
def test_refused_in_one_line(env: dict[str, str], line: str) -> None:
    with pytest.raises(SetupFault) as said:
        read(**env)
    assert line in str(said.value)
    assert str(said.value).startswith("portal: ") and "\n" not in str(said.value)


def test_defaults() -> None:
    found = read()
    assert found.embedded == (True, True)
    assert (found.timezone, found.locale, found.language) == ("Asia/Shanghai", "zh_CN", "zh")
    assert found.data == Path.cwd() / "var" and found.storage == found.data / "storage"
    assert found.clock is None


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_database_address_gets_its_driver(scheme: str) -> None:
    found = read(DATABASE_URL=f"{scheme}://a:b@h/d?sslmode=require", SECRET_KEY=KEY)
    assert found.database_url == "postgresql+psycopg://a:b@h/d?sslmode=require"


@pytest.mark.parametrize(("given", "celery", "client", "limits"), [
    ("unix:///v/a.sock", "redis+socket:///v/a.sock", "unix:///v/a.sock", "redis+unix:///v/a.sock"),
    ("unix:///v/a.sock?db=2", "redis+socket:///v/a.sock?virtual_host=2", "unix:///v/a.sock?db=2", "redis+unix:///v/a.sock?db=2"),
    ("redis+socket:///v/a.sock?virtual_host=2", "redis+socket:///v/a.sock?virtual_host=2", "unix:///v/a.sock?db=2",
     "redis+unix:///v/a.sock?db=2"),
    ("redis://:pw@h:6379/1", "redis://:pw@h:6379/1", "redis://:pw@h:6379/1", "redis://:pw@h:6379/1"),
    ("valkey://h", "redis://h", "redis://h", "redis://h"),
    ("rediss://h:6380/0", "rediss://h:6380/0", "rediss://h:6380/0", "rediss://h:6380/0"),
    ("memory://", "memory://", "memory://", "memory://")])
def test_one_broker_three_spellings(given: str, celery: str, client: str, limits: str) -> None:
    found = read(BROKER_URL=given)
    assert (found.celery_broker, found.redis_url, found.limits_url) == (celery, client, limits)


def test_clock_is_the_same_in_every_process() -> None:
    since = datetime.now(UTC) - timedelta(hours=1)
    first = read(PORTAL_CLOCK="2026-03-01T09:00:00+08:00", PORTAL_CLOCK_SINCE=since.isoformat())
    second = read(**first.environment())
    assert first.clock is not None and second.clock is not None
    assert abs(second.clock - first.clock) < timedelta(seconds=5)
    assert abs(first.clock - datetime(2026, 3, 1, 2, tzinfo=UTC)) < timedelta(seconds=5)


def test_environment_reads_back(tmp_path: Path) -> None:
    found = read(DATABASE_URL=DATABASE, DATABASE_OWNER_URL=OWNER, BROKER_URL="redis://h/0", SECRET_KEY=KEY,
                 STORAGE_URL="file:///s", MAIL_URL="smtp://u:p@m.example:25", PORTAL_DATA=str(tmp_path),
                 PORTAL_BASE_URL="https://portal.example/", PORTAL_LOCALE="en", PORTAL_TIMEZONE="UTC")
    assert read(**found.environment()) == found
    assert found.base_url == "https://portal.example"


def test_secrets_are_masked() -> None:
    found = read(DATABASE_URL="postgresql://portal_app:hush@db.example:5432/portal?sslpassword=hush", SECRET_KEY="hush" * 8,
                 DATABASE_OWNER_URL="postgresql://portal_owner:hush@/portal?host=/run/pg&password=hush",
                 BROKER_URL="redis://:hush@h:6379/0", MAIL_URL="smtp://user:hush@m.example:587", PORTAL_MODE="production")
    shown = found.shown()
    assert "hush" not in repr(shown)
    assert shown["DATABASE_URL"].startswith("postgresql://portal_app:********@db.example:5432/portal")
    assert shown["BROKER_URL"] == "redis://:********@h:6379/0"
    assert found.shown(secret=True)["SECRET_KEY"] == "hush" * 8
    assert "hush" in found.shown(secret=True)["DATABASE_OWNER_URL"]


def test_socket_addresses_survive_the_mask() -> None:
    assert read(BROKER_URL="unix:///v/a.sock?db=1").shown()["BROKER_URL"] == "unix:///v/a.sock?db=1"


def test_kept_secret_is_made_once(tmp_path: Path) -> None:
    found = Settings.for_tests(data=tmp_path / "new")
    first = found.demo_password
    assert found.demo_password == first and len(first) >= 12
    assert (tmp_path / "new" / "demo-password").stat().st_mode & 0o777 == 0o600
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["demo-password"]
