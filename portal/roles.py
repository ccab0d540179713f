"""The database's roles. `portal db roles` prints these statements; the embedded set-up runs them.

The same text serves PostgreSQL 15 and later, and running it twice changes nothing. `portal_owner` runs migrations,
`portal_app` is the runtime role, the others are lanes that the runtime role enters for one transaction."""
from collections.abc import Sequence

from psycopg import sql

LANES = ("portal_oversight", "portal_auditor", "portal_administrator", "portal_sign_in")
ALL = ("portal_owner", "portal_app", *LANES)

_ROLE = "DO $do$ BEGIN IF to_regrole('{name}') IS NULL THEN CREATE ROLE {name} NOLOGIN; END IF; END $do$"

# PostgreSQL 16 brought WITH INHERIT; before it the member's own NOINHERIT decides.
_LANES = """DO $do$ BEGIN
  IF current_setting('server_version_num')::int >= 160000
  THEN EXECUTE 'GRANT {lanes} TO portal_app WITH INHERIT FALSE, SET TRUE';
  ELSE EXECUTE 'GRANT {lanes} TO portal_app';
  END IF;
END $do$"""


def statements(database: str, owner_password: str, app_password: str) -> Sequence[sql.Composed]:
    """What a superuser runs, in this order, each statement by itself."""
    literal, name = sql.Literal, sql.Identifier(database)
    return [
        *(sql.SQL(_ROLE.format(name=role)).format() for role in ALL),
        sql.SQL("ALTER ROLE portal_owner LOGIN BYPASSRLS PASSWORD {}").format(literal(owner_password)),
        sql.SQL("ALTER ROLE portal_app LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS PASSWORD {}").format(
            literal(app_password)),
        sql.SQL(_LANES.format(lanes=", ".join(LANES))).format(),
        sql.SQL("ALTER DATABASE {} OWNER TO portal_owner").format(name),
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO portal_app").format(name),
    ]


def script(database: str = "portal") -> str:
    """The statements as text for a database administrator, with places for the two passwords."""
    head = f"""\
-- Roles of the portal, for PostgreSQL 15 or newer. Run it once as a superuser; running it again changes nothing.
-- 1. CREATE DATABASE {database} ENCODING 'UTF8';  (if it is not there yet)
-- 2. Put two passwords in the places marked CHANGE-ME, then: psql -d {database} -f roles.sql
-- 3. DATABASE_OWNER_URL = postgresql://portal_owner:...@HOST/{database}   (migrations only)
--    DATABASE_URL       = postgresql://portal_app:...@HOST/{database}     (the running portal)
-- portal_app is not granted the lanes with INHERIT: on PostgreSQL 15 its NOINHERIT sees to it, from 16 on the grant.
"""
    made = statements(database, "CHANGE-ME-owner", "CHANGE-ME-app")
    return head + "".join(f"{statement.as_string(None)};\n" for statement in made)
