"""`portal check`: does the running configuration keep what the portal promises? One line for each question."""
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy.exc
from obstore.exceptions import BaseError

from portal import migrate, servers
from portal.attachments import storage
from portal.config import Settings

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question; `detail` says what was found, or what to do."""
    ok: bool
    question: str
    detail: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'}  {self.question}: {self.detail}"


class Failed(Exception):
    """The question's answer is no, because …"""


def examine(settings: Settings) -> Iterator[Finding]:
    """Ask all questions, none hidden by another's failure. The servers run already."""
    questions: tuple[tuple[str, Callable[[Settings], str]], ...] = (
        ("runtime role", _role), ("row-level security", _row_security), ("migrations", _migrations),
        ("broker", _broker), ("storage", _storage), ("secrets", _secrets), ("audit chain", _audit))
    for name, ask in questions:
        try:
            yield Finding(True, name, ask(settings))
        except Failed as e:
            yield Finding(False, name, str(e))
        except (psycopg.Error, sqlalchemy.exc.SQLAlchemyError, OSError) as e:
            yield Finding(False, name, " ".join(str(e).strip().splitlines()[:1]) or type(e).__name__)


def _connect(settings: Settings) -> Connection:
    return psycopg.connect(servers.libpq(settings.database_url), connect_timeout=5, autocommit=True)


def _role(settings: Settings) -> str:
    with _connect(settings) as c:
        found = c.execute("""
            SELECT rolname, rolsuper, rolbypassrls, rolinherit,
                   (SELECT count(*) FROM pg_class WHERE relowner = r.oid AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f'))
                   + (SELECT count(*) FROM pg_database WHERE datdba = r.oid AND datname = current_database())
                   + (SELECT count(*) FROM pg_namespace WHERE nspowner = r.oid)
              FROM pg_roles r WHERE rolname = current_user""").fetchone()
        inherits = c.execute("""
            SELECT string_agg(rolname, ', ') FROM pg_roles
             WHERE rolname <> current_user AND pg_has_role(current_user, oid, 'USAGE')""").fetchone()
    assert found is not None                           # a session's role exists
    name, superuser, bypass, _inherit, owns = found
    faults = [text for wrong, text in (
        (superuser, "is a superuser"), (bypass, "has BYPASSRLS"), (owns, f"owns {owns} objects"),
        (inherits and inherits[0], f"inherits {inherits[0] if inherits else ''}")) if wrong]
    if faults:
        raise Failed(f"{name} {', '.join(faults)}: make the roles as portal db roles prints")
    return f"{name} is neither owner nor superuser, bypasses nothing and inherits no lane"


def _row_security(settings: Settings) -> str:
    with _connect(settings) as c:
        tables = c.execute("""
            SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class
             WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace('public') AND relname <> 'alembic_version'
             ORDER BY relname""").fetchall()
    if not tables:
        raise Failed("there is no table: run portal db upgrade")
    if open_ := [name for name, forced in tables if not forced]:
        raise Failed(f"not enabled and forced on {', '.join(open_)}: run portal db upgrade")
    return f"enabled and forced on {len(tables)} tables"


def _migrations(settings: Settings) -> str:
    if not settings.database_owner_url:
        raise Failed("DATABASE_OWNER_URL is not set")
    present, newest = migrate.present(settings.database_owner_url), migrate.newest()
    if present != newest:
        raise Failed(f"at {present or 'nothing'}, not at {newest}: run portal db upgrade")
    return f"current ({newest})"


def _broker(settings: Settings) -> str:
    if (fault := servers.broker_fault(settings)) is not None:
        raise Failed(f"{fault}: check BROKER_URL")
    return "answers"


def _storage(settings: Settings) -> str:
    try:
        storage.opened(settings).probe()
    except (storage.Away, BaseError, ValueError) as fault:
        raise Failed(f"{' '.join(str(fault).split())[:200]}: check STORAGE_URL") from fault
    return f"{settings.shown().get('STORAGE_URL', settings.storage)} takes files and gives them back"


def _secrets(settings: Settings) -> str:
    if not settings.secret_key:
        raise Failed("SECRET_KEY is not set")
    if len(settings.secret_key) < 16:
        raise Failed("SECRET_KEY is shorter than 16 characters")
    for name, url in (("DATABASE_URL", settings.database_url), ("DATABASE_OWNER_URL", settings.database_owner_url)):
        if "CHANGE-ME" in url:
            raise Failed(f"{name} still has the password of the example")
    return "set"


def _audit(settings: Settings) -> str:
    with _connect(settings) as c:
        broken = c.execute("SELECT count(*) FROM app.audit_broken()").fetchone()
    if broken != (0,):
        raise Failed(f"{broken[0] if broken else '?'} broken entries: portal audit verify names the first")
    return "whole"
