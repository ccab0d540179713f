"""Migrations, run as the owner role; the address comes from the caller, not from a file."""
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:                   # at run time where it is used: it is a third of what each command takes to start
    from alembic.config import Config

ROOT = Path(__file__).resolve().parent.parent
_LOCK = 5_021_926                   # any number: two upgrades at once wait for one another


def _config() -> "Config":
    from alembic.config import Config
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    return config


def upgrade(owner_url: str) -> None:
    """Bring the database to the newest revision; does nothing when it is there."""
    from alembic import command
    from sqlalchemy import create_engine, text
    engine = create_engine(owner_url)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as guard:
            guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            config = _config()
            config.attributes["engine"] = engine
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def newest() -> str | None:
    """The revision that this program expects."""
    from alembic.script import ScriptDirectory
    return ScriptDirectory.from_config(_config()).get_current_head()


def known(revision: str) -> bool:
    """Whether this program has the revision, and so can go on from it."""
    from alembic.script import ScriptDirectory
    return revision in {found.revision for found in ScriptDirectory.from_config(_config()).walk_revisions()}


def present(url: str) -> str | None:
    """The revision that the database has; None before the first."""
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import create_engine
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
