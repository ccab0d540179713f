-- A person's calendar: the secret in its address is stored as a digest that no role reads.
CREATE FUNCTION app.renew_feed(key uuid, hashed bytea, instant timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  INSERT INTO calendar_feed (id, person_id, digest, made_at) SELECT key, app.person_id(), hashed, instant
   WHERE app.person_id() IS NOT NULL
  ON CONFLICT (person_id) DO UPDATE SET digest = excluded.digest, made_at = excluded.made_at $$;
CREATE FUNCTION app.end_feed() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  DELETE FROM calendar_feed WHERE person_id = app.person_id() $$;
CREATE FUNCTION app.my_feed() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT made_at FROM calendar_feed WHERE person_id = app.person_id() $$;
CREATE FUNCTION app.feed_person(hashed bytea) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT f.person_id FROM calendar_feed f JOIN account a ON a.person_id = f.person_id WHERE f.digest = hashed AND a.active $$;
REVOKE EXECUTE ON FUNCTION app.renew_feed(uuid, bytea, timestamptz), app.end_feed(), app.my_feed(), app.feed_person(bytea) FROM public;
GRANT EXECUTE ON FUNCTION app.renew_feed(uuid, bytea, timestamptz), app.end_feed(), app.my_feed()
  TO portal_app, portal_oversight, portal_auditor, portal_administrator;
GRANT EXECUTE ON FUNCTION app.feed_person(bytea) TO portal_app;
