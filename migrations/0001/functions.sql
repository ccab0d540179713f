-- What the database itself decides. Definer functions see everything, so each looks at the caller's scope by itself
-- or gives away next to nothing. EXECUTE is granted one by one.

-- Who is this, and what functions are in force on that day? Delegated ones carry the holder's name.
CREATE FUNCTION app.identity(who uuid, day date)
RETURNS TABLE (email text, name text, language text, appointment_id uuid, role text, unit_id int, unit_code text, line text,
               holder uuid, on_behalf_of uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH held AS (
    SELECT a.id, a.role, a.unit_id, a.line, a.person_id AS holder, NULL::uuid AS on_behalf_of, a.deputy
      FROM appointment a WHERE a.person_id = who AND day BETWEEN a.valid_from AND coalesce(a.valid_until, 'infinity')
    UNION ALL
    SELECT a.id, a.role, a.unit_id, a.line, a.person_id, a.person_id, a.deputy
      FROM delegation d JOIN appointment a ON a.id = d.appointment_id
     WHERE d.person_id = who AND day BETWEEN d.valid_from AND d.valid_until
       AND day BETWEEN a.valid_from AND coalesce(a.valid_until, 'infinity'))
  SELECT p.email, p.name, p.language, h.id, h.role, h.unit_id, u.code, h.line, h.holder, h.on_behalf_of
    FROM person p
    LEFT JOIN (held h JOIN unit u ON u.id = h.unit_id AND (u.closed_on IS NULL OR u.closed_on > day)) ON true
   WHERE p.id = who AND (p.left_on IS NULL OR p.left_on > day)
   ORDER BY h.on_behalf_of IS NOT NULL, h.deputy, h.unit_id, h.role, h.line, h.id
$$;
GRANT EXECUTE ON FUNCTION app.identity(uuid, date) TO portal_app, portal_sign_in;

-- Whose token is this? Nothing for one that is unknown, expired or revoked, or whose person's account is blocked.
CREATE FUNCTION app.token_person(token_digest bytea, at timestamptz) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT t.person_id FROM access_token t
   WHERE t.digest = token_digest AND t.revoked_at IS NULL AND t.expires_at > at
     AND NOT EXISTS (SELECT FROM account a WHERE a.person_id = t.person_id AND NOT a.active) $$;
GRANT EXECUTE ON FUNCTION app.token_person(bytea, timestamptz) TO portal_app;

-- Whose session is this? The uniquifier changes when a password does, which ends every older session.
CREATE FUNCTION app.session_person(uniquifier text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT person_id FROM account WHERE fs_uniquifier = uniquifier AND active $$;
GRANT EXECUTE ON FUNCTION app.session_person(text) TO portal_app, portal_sign_in;

-- A person lets another act in an appointment of his own.
CREATE FUNCTION app.delegate(key uuid, appointment uuid, delegate uuid, first_day date, last_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM FROM appointment a WHERE a.id = appointment AND a.person_id = app.person_id();
  IF NOT FOUND THEN RAISE insufficient_privilege USING MESSAGE = 'only an own appointment is delegated'; END IF;
  INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until)
  VALUES (key, appointment, delegate, first_day, last_day);
END $$;
CREATE FUNCTION app.end_delegation(key uuid, last_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM delegation d JOIN appointment a ON a.id = d.appointment_id
                  WHERE d.id = key AND a.person_id = app.person_id()) THEN
    RAISE insufficient_privilege USING MESSAGE = 'only an own delegation is ended'; END IF;
  DELETE FROM delegation WHERE id = key AND valid_from > last_day;       -- it had not begun
  UPDATE delegation SET valid_until = least(valid_until, last_day) WHERE id = key;
END $$;
GRANT EXECUTE ON FUNCTION app.delegate(uuid, uuid, uuid, date, date), app.end_delegation(uuid, date)
  TO portal_app, portal_oversight, portal_auditor, portal_administrator;

-- The administrator ends anybody's delegation.
CREATE FUNCTION app.stop_delegation(key uuid, last_day date) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  DELETE FROM delegation WHERE id = key AND valid_from > last_day;       -- it had not begun
  UPDATE delegation SET valid_until = least(valid_until, last_day) WHERE id = key $$;
-- The administrator gives a person access, or a new password: one that must be changed at the first sign-in. Every
-- session ends. The administrator's lane can neither read accounts nor set a password that stays.
CREATE FUNCTION app.give_access(key uuid, who uuid, hashed text, uniquifier text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  INSERT INTO account (id, person_id, password, active, fs_uniquifier, one_time) VALUES (key, who, hashed, true, uniquifier, true)
  ON CONFLICT (person_id) DO UPDATE SET password = hashed, active = true, fs_uniquifier = uniquifier, one_time = true $$;
CREATE FUNCTION app.has_access(who uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (SELECT FROM account WHERE person_id = who AND active) $$;
GRANT EXECUTE ON FUNCTION app.stop_delegation(uuid, date), app.give_access(uuid, uuid, text, text), app.has_access(uuid)
  TO portal_administrator;

-- (Parameters are not called `at`: in SQL a column of that name would be meant.)
-- The outbox: only which units have which topics waiting, nothing of what.
CREATE FUNCTION app.outbox_waiting(instant timestamptz) RETURNS TABLE (unit_id int, topic text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT DISTINCT m.unit_id, m.topic FROM outbox_message m
   WHERE m.done_at IS NULL AND m.parked_at IS NULL AND m.next_at <= instant $$;
-- For the operator: how much waits or is parked, and since when the oldest waits.
CREATE FUNCTION app.outbox_state(instant timestamptz) RETURNS TABLE (topic text, waiting bigint, parked bigint, oldest_seconds float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT m.topic, count(*) FILTER (WHERE m.parked_at IS NULL), count(*) FILTER (WHERE m.parked_at IS NOT NULL),
         coalesce(extract(epoch FROM instant - min(m.at) FILTER (WHERE m.parked_at IS NULL)), 0)::float8
    FROM outbox_message m WHERE m.done_at IS NULL GROUP BY m.topic ORDER BY m.topic $$;
-- A letter is marked before it goes out, in the transaction that fails when it does not: false when it has gone already.
CREATE FUNCTION app.mark_mail_sent(key uuid, instant timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH marked AS (UPDATE mail SET sent_at = instant WHERE id = key AND sent_at IS NULL AND unit_id = ANY (app.unit_ids()) RETURNING 1)
  SELECT EXISTS (SELECT FROM marked) $$;
-- What nobody needs any more: answers kept for repeated requests, messages delivered long ago.
CREATE FUNCTION app.purge_answers(before timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH gone AS (DELETE FROM stored_answer WHERE at < before RETURNING 1) SELECT count(*) FROM gone $$;
CREATE FUNCTION app.purge_outbox(before timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH gone AS (DELETE FROM outbox_message WHERE done_at < before RETURNING 1) SELECT count(*) FROM gone $$;
GRANT EXECUTE ON FUNCTION app.outbox_waiting(timestamptz), app.outbox_state(timestamptz), app.mark_mail_sent(uuid, timestamptz),
  app.purge_answers(timestamptz), app.purge_outbox(timestamptz) TO portal_app;

-- Is the schema the one that the program expects?
CREATE FUNCTION app.revision() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN RETURN (SELECT version_num FROM alembic_version); END $$;
GRANT EXECUTE ON FUNCTION app.revision() TO portal_app;

-- Audit: one chain a unit, its head locked until the commit.
CREATE FUNCTION app.audit_hash(e audit_entry) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public AS $$
  SELECT sha256(e.prev || convert_to(jsonb_build_array(
    e.unit_id, e.seq, e.id, extract(epoch FROM e.at), e.by, e.on_behalf_of, e.role, e.action, e.subject_kind, e.subject_id,
    e.changes)::text, 'UTF8')) $$;
CREATE FUNCTION app.audit_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE head audit_head;
BEGIN
  INSERT INTO audit_head VALUES (NEW.unit_id, 0, '') ON CONFLICT DO NOTHING;
  SELECT * INTO head FROM audit_head WHERE unit_id = NEW.unit_id FOR UPDATE;
  NEW.seq := head.seq + 1; NEW.prev := head.hash; NEW.hash := app.audit_hash(NEW);
  UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash WHERE unit_id = NEW.unit_id;
  RETURN NEW;
END $$;
CREATE TRIGGER chain BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION app.audit_chain();

-- Forged entries, cut links, cut tails; in the order of the chains.
CREATE FUNCTION app.audit_broken() RETURNS TABLE (entry text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH linked AS (
    SELECT e.id, e.unit_id, e.seq, e.hash, e.hash IS DISTINCT FROM app.audit_hash(e) AS forged,
           lag(e.hash, 1, '') OVER w IS DISTINCT FROM e.prev OR e.seq <> row_number() OVER w AS cut
      FROM audit_entry e WINDOW w AS (PARTITION BY e.unit_id ORDER BY e.seq)),
  ends AS (
    SELECT h.unit_id, h.seq FROM audit_head h
      LEFT JOIN LATERAL (SELECT e.seq, e.hash FROM audit_entry e WHERE e.unit_id = h.unit_id ORDER BY e.seq DESC LIMIT 1) l ON true
     WHERE l.seq IS DISTINCT FROM h.seq OR l.hash IS DISTINCT FROM h.hash),
  found AS (
    SELECT l.unit_id, l.seq, 'entry ' || l.id || CASE WHEN l.forged THEN ' was changed' ELSE ' does not follow its predecessor' END AS what
      FROM linked l WHERE l.forged OR l.cut
    UNION ALL
    SELECT e.unit_id, e.seq, 'the chain does not end at its recorded head' FROM ends e)
  SELECT 'unit ' || u.code || ', number ' || f.seq || ': ' || f.what FROM found f JOIN unit u ON u.id = f.unit_id
   ORDER BY f.unit_id, f.seq $$;
GRANT EXECUTE ON FUNCTION app.audit_broken() TO portal_app, portal_auditor;

CREATE FUNCTION app.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append only'; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION app.refuse();
