"""Schema, functions, tables, policies, grants."""
from pathlib import Path

from alembic import op

from portal.models import METADATA
from tenants import rls

revision, down_revision = "0001", None

SCOPE = """
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app, public
  TO portal_owner, portal_app, portal_oversight, portal_auditor, portal_administrator, portal_sign_in;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE FUNCTION app.unit_ids() RETURNS int[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.unit_ids', true), '')::int[] $$;
CREATE FUNCTION app.person_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.person', true), '')::uuid $$;
GRANT EXECUTE ON FUNCTION app.unit_ids(), app.person_id()
  TO portal_app, portal_oversight, portal_auditor, portal_administrator, portal_sign_in;
"""


def upgrade() -> None:
    op.execute(SCOPE)
    METADATA.create_all(op.get_bind())
    for table in METADATA.sorted_tables:
        for statement in rls.ddl(table.name, table.info["rls"]):
            op.execute(statement)
    op.get_bind().exec_driver_sql((Path(__file__).parents[1] / "functions.sql").read_text())
