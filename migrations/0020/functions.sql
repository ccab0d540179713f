-- What the portal does by itself, for all units at once, runs outside of every scope, and is refused inside of one.
CREATE FUNCTION app.outside() RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
  IF app.unit_ids() IS NOT NULL OR app.person_id() IS NOT NULL THEN
    RAISE insufficient_privilege USING MESSAGE = 'only the portal itself does this, outside of every scope'; END IF;
END $$;
REVOKE EXECUTE ON FUNCTION app.outside() FROM PUBLIC;

CREATE OR REPLACE FUNCTION app.outbox_waiting(instant timestamptz) RETURNS TABLE (unit_id int, topic text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT app.outside();
  SELECT DISTINCT m.unit_id, m.topic FROM outbox_message m
   WHERE m.done_at IS NULL AND m.parked_at IS NULL AND m.next_at <= instant $$;
CREATE OR REPLACE FUNCTION app.purge_answers(before timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT app.outside();
  WITH gone AS (DELETE FROM stored_answer WHERE at < before RETURNING 1) SELECT count(*) FROM gone $$;
CREATE OR REPLACE FUNCTION app.purge_outbox(before timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT app.outside();
  WITH gone AS (DELETE FROM outbox_message WHERE done_at < before RETURNING 1) SELECT count(*) FROM gone $$;
CREATE OR REPLACE FUNCTION app.due_subscriptions(day date) RETURNS TABLE (id uuid, person_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT app.outside();
  SELECT s.id, s.person_id FROM subscription s WHERE s.active AND s.next_on <= day ORDER BY s.next_on, s.id $$;
CREATE OR REPLACE FUNCTION app.purge_deliveries(before date) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT app.outside();
  WITH gone AS (DELETE FROM delivery d WHERE d.until < before RETURNING 1) SELECT count(*) FROM gone $$;

-- Tasks: announced and noted by the background.
CREATE OR REPLACE FUNCTION app.announce_task(key uuid, called text, plan text, due timestamptz, instant timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT app.outside();
  INSERT INTO periodic_task (id, task, schedule, next_at, seen_at) VALUES (key, called, plan, due, instant)
  ON CONFLICT (task) DO UPDATE SET schedule = excluded.schedule, next_at = excluded.next_at, seen_at = excluded.seen_at $$;
CREATE OR REPLACE FUNCTION app.begin_task_run(key uuid, called text, thing text, instant timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT app.outside();
  WITH begun AS (
    INSERT INTO task_run (id, task, about, started_at, counts, runs) SELECT key, called, thing, instant, '{}', 1
     WHERE (SELECT count(*) FROM task_run r WHERE r.task = called AND r.about IS NOT DISTINCT FROM thing AND r.ended_at IS NULL
               AND r.started_at BETWEEN instant - interval '1 hour' AND instant) < 3
    RETURNING 1)
  SELECT EXISTS (SELECT FROM begun) $$;
CREATE OR REPLACE FUNCTION app.end_task_run(key uuid, instant timestamptz, took float8, found jsonb, why text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT app.outside();
  UPDATE task_run SET ended_at = instant, seconds = took, longest = took, counts = found, error = why WHERE id = key $$;
CREATE OR REPLACE FUNCTION app.note_task_run(key uuid, called text, begun timestamptz, instant timestamptz, took float8, figures jsonb,
                                             why text)
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM app.outside();
  PERFORM pg_advisory_xact_lock(7204120, hashtext(called));
  UPDATE task_run r SET ended_at = instant, seconds = took, longest = greatest(r.longest, took), runs = r.runs + 1,
         counts = (SELECT coalesce(jsonb_object_agg(k, coalesce((r.counts ->> k)::bigint, 0) + coalesce((figures ->> k)::bigint, 0)), '{}')
                     FROM jsonb_object_keys(r.counts || figures) k)
   WHERE r.id = (SELECT l.id FROM task_run l WHERE l.task = called AND l.error IS NOT DISTINCT FROM why
                    AND l.started_at > begun - interval '1 hour' AND l.started_at <= instant
                  ORDER BY l.started_at DESC LIMIT 1);
  IF NOT FOUND THEN
    INSERT INTO task_run (id, task, started_at, ended_at, seconds, longest, counts, error, runs)
    VALUES (key, called, begun, instant, took, took, figures, why, 1);
  END IF;
END $$;
CREATE OR REPLACE FUNCTION app.tasks_asked_for(instant timestamptz) RETURNS TABLE (id uuid, task text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT app.outside();
  UPDATE task_request q SET sent_at = instant
   WHERE q.taken_at IS NULL AND (q.sent_at IS NULL OR q.sent_at < instant - interval '30 seconds') RETURNING q.id, q.task $$;
CREATE OR REPLACE FUNCTION app.take_task_request(key uuid, instant timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT app.outside();
  WITH taken AS (UPDATE task_request SET taken_at = instant WHERE id = key AND taken_at IS NULL RETURNING 1)
  SELECT EXISTS (SELECT FROM taken) $$;
CREATE OR REPLACE FUNCTION app.purge_task_runs(before timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT app.outside();
  WITH asked AS (DELETE FROM task_request WHERE taken_at < before),
       gone AS (DELETE FROM task_run WHERE started_at < before RETURNING 1) SELECT count(*) FROM gone $$;

-- A person lets a colleague of the same unit act in an appointment of his own, for a year at most and not twice at one time;
-- the auditor's is personal.
CREATE OR REPLACE FUNCTION app.delegate(key uuid, appointment uuid, delegate uuid, first_day date, last_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM FROM appointment a WHERE a.id = appointment AND a.person_id = app.person_id() AND a.role <> 'auditor';
  IF NOT FOUND THEN RAISE insufficient_privilege USING MESSAGE = 'only an own appointment is delegated'; END IF;
  PERFORM FROM appointment a JOIN appointment c ON c.unit_id = a.unit_id AND c.person_id <> a.person_id
    WHERE a.id = appointment AND c.person_id = delegate;
  IF NOT FOUND THEN RAISE insufficient_privilege USING MESSAGE = 'a delegate works in the same unit'; END IF;
  IF last_day - first_day > 366 OR EXISTS (SELECT FROM delegation d WHERE d.appointment_id = appointment
                                              AND d.valid_from <= last_day AND d.valid_until >= first_day) THEN
    RAISE check_violation USING MESSAGE = 'a function is handed over for a year at most, and not twice at one time'; END IF;
  INSERT INTO delegation (id, appointment_id, person_id, valid_from, valid_until)
  VALUES (key, appointment, delegate, first_day, last_day);
END $$;
