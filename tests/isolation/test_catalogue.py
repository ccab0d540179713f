"""Alembic sees no policies: what the database has is compared with what the models declare through tenants/rls.py."""
import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from portal import embedded
from portal.models import METADATA
from tenants import rls
from tests.conftest import Superuser

OURS = {t.name: t.info["rls"] for t in METADATA.sorted_tables}
EXEMPT = {"alembic_version"}


def _squeezed(expression: str | None) -> str:
    """An expression without what PostgreSQL adds when it stores one: casts, parentheses, white space, qualification."""
    return re.sub(r"::\w+|[()\s]", "", (expression or "").lower())


def test_every_table_declares_a_kind_and_is_forced(superuser: Superuser) -> None:
    rows = superuser.execute(
        "SELECT relname, relrowsecurity AND relforcerowsecurity, relowner::regrole::text FROM pg_class"
        " WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace").fetchall()
    assert {r[0] for r in rows} - EXEMPT == set(OURS)
    assert [r for r in rows if r[0] not in EXEMPT and (not r[1] or r[2] != "portal_owner")] == []


def test_policies_are_exactly_those_declared(superuser: Superuser) -> None:
    found = {(r[0], r[1], r[2], tuple(r[3])) for r in superuser.execute(
        "SELECT tablename, policyname, cmd, roles::text[] FROM pg_policies WHERE schemaname = 'public'")}
    declared = {(table, f"{table}_{suffix}", command, (role,))
                for table, t in OURS.items() for suffix, command, role, _, _ in rls.policies(t)}
    assert found == declared


@pytest.mark.parametrize("table", sorted(OURS))
def test_expressions_are_those_declared(superuser: Superuser, table: str) -> None:
    stored = {r[0]: (r[1], r[2]) for r in superuser.execute(
        "SELECT policyname, qual, with_check FROM pg_policies WHERE tablename = %s", (table,))}
    for suffix, _, _, using, check in rls.policies(OURS[table]):
        qual, with_check = stored[f"{table}_{suffix}"]
        for asked, found in ((using, qual), (check, with_check)):
            if "SELECT" in (asked or ""):                    # subqueries are rewritten: compare what they ask about
                words = re.findall(r"FROM (\w+)|'(\w+)'", asked or "")
                assert all(word in found for word in ("EXISTS", *filter(None, (w for pair in words for w in pair)))), suffix
            else:
                assert _squeezed(found) == _squeezed(asked), suffix


def test_the_runtime_roles_are_nobody_special(superuser: Superuser) -> None:
    flags = superuser.execute("SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb, rolinherit, rolcanlogin"
                              " FROM pg_roles WHERE rolname = ANY (%s)", (list(rls.LANES),)).fetchall()
    assert {f[0] for f in flags} == set(rls.LANES)
    assert not any(f[1] for f in flags)
    assert [f[0] for f in flags if f[3]] == [rls.APP] and not next(f[2] for f in flags if f[0] == rls.APP)
    memberships = superuser.execute("SELECT roleid::regrole::text, inherit_option, set_option, admin_option FROM pg_auth_members"
                                    " WHERE member = 'portal_app'::regrole").fetchall()
    assert {m[0] for m in memberships} == set(rls.LANES) - {rls.APP}
    assert all(m[1:] == (False, True, False) for m in memberships)


def test_grants_are_exactly_those_declared(superuser: Superuser) -> None:
    found = {tuple(r) for r in superuser.execute(
        "SELECT table_name, grantee, privilege_type FROM information_schema.role_table_grants"
        " WHERE table_schema = 'public' AND grantee <> 'portal_owner' AND grantee <> 'postgres'")}
    declared = {(table, role, command) for table, t in OURS.items() for _, command, role, _, _ in rls.policies(t)
                if command != "UPDATE"}
    assert found == declared                                 # so: no TRUNCATE, no table-wide UPDATE, nothing for PUBLIC
    columns = {tuple(r) for r in superuser.execute(
        "SELECT table_name, grantee, column_name FROM information_schema.column_privileges"
        " WHERE table_schema = 'public' AND privilege_type = 'UPDATE' AND grantee NOT IN ('portal_owner', 'postgres')")}
    assert columns == {(table, role, column)
                       for table, t in OURS.items() for role, names in rls.column_grants(t) for column in names}


def test_functions_are_closed_and_fix_their_path(superuser: Superuser) -> None:
    loose = superuser.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'app'::regnamespace AND (has_function_privilege('public', oid, 'EXECUTE')"
        " OR prosecdef AND NOT coalesce(array_to_string(proconfig, ','), '') LIKE '%search_path=%')").fetchall()
    assert loose == []


def test_a_unit_or_person_column_has_an_index(superuser: Superuser) -> None:
    """Policies compare it on every row read."""
    led = {(r[0], r[1]) for r in superuser.execute(
        "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] WHERE c.relnamespace = 'public'::regnamespace")}
    wanted = {rls.Kind.OWNED: "unit_id", rls.Kind.PERSONAL: "person_id", rls.Kind.ADDRESSED: "unit_id"}
    missing = [(table, wanted[t.kind]) for table, t in OURS.items() if t.kind in wanted and (table, wanted[t.kind]) not in led]
    assert missing == []


def test_the_migrations_make_the_models(server: embedded.Server, database: str) -> None:
    """Column by column, constraint by constraint, index by index: what is migrated is what is mapped."""
    engine = create_engine(server.dsn("portal_owner", database))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        connection.rollback()
    engine.dispose()
