-- Schemas, and what every policy asks: in whose units, as which person does this transaction act?
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
