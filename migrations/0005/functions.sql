-- Delivery: the scope of a background task has units and no person. What only the portal itself may know (what people have
-- chosen, where a channel leads) is given to such a scope alone.
CREATE FUNCTION app.by_itself() RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT app.person_id() IS NULL AND app.unit_ids() IS NOT NULL $$;

CREATE FUNCTION app.notice_modes(people uuid[]) RETURNS TABLE (person_id uuid, kind text, mode text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT p.person_id, p.kind, p.mode FROM notice_preference p WHERE p.person_id = ANY (people) AND app.by_itself() $$;
CREATE FUNCTION app.prefer(key uuid, notice_kind text, chosen text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  INSERT INTO notice_preference (id, person_id, kind, mode) SELECT key, app.person_id(), notice_kind, chosen
   WHERE app.person_id() IS NOT NULL
  ON CONFLICT (person_id, kind) DO UPDATE SET mode = excluded.mode $$;

-- The notices of a person that wait for the letter of a day: each is put into one letter.
CREATE FUNCTION app.take_digest(who uuid, slot timestamptz, instant timestamptz)
RETURNS TABLE (id uuid, at timestamptz, text text, params jsonb, url text, subject_kind text, subject_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH taken AS (
    UPDATE notice n SET digested_at = instant
     WHERE n.person_id = who AND n.digest_at <= slot AND n.digested_at IS NULL AND n.unit_id = ANY (app.unit_ids()) AND app.by_itself()
    RETURNING n.id, n.at, n.text, n.params, n.url, n.subject_kind, n.subject_id)
  SELECT * FROM taken t ORDER BY t.at, t.id $$;
-- A letter that its receiver may not read any more when it would be sent: nothing of it stays.
CREATE FUNCTION app.withhold_mail(key uuid, instant timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  UPDATE mail SET withheld_at = instant, subject = '', body = ''
   WHERE id = key AND sent_at IS NULL AND unit_id = ANY (app.unit_ids()) AND app.by_itself() $$;
CREATE OR REPLACE FUNCTION app.mark_mail_sent(key uuid, instant timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH marked AS (UPDATE mail SET sent_at = instant
                   WHERE id = key AND sent_at IS NULL AND withheld_at IS NULL AND unit_id = ANY (app.unit_ids()) RETURNING 1)
  SELECT EXISTS (SELECT FROM marked) $$;

-- Channels: a unit's own; the administrator's are all. The address goes in, and out to the portal's delivery alone.
CREATE FUNCTION app.keeps_channels(unit int) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT current_setting('role') = 'portal_administrator' OR unit = ANY (app.unit_ids()) $$;
CREATE FUNCTION app.channels()
RETURNS TABLE (id uuid, unit_id int, kind text, name text, host text, kinds text[], lines text[], language text, words boolean,
               active boolean, version int, changed_by uuid, changed_at timestamptz, said_at timestamptz, fault text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT c.id, c.unit_id, c.kind, c.name, c.host, c.kinds, c.lines, c.language, c.words, c.active, c.version, c.changed_by,
         c.changed_at, c.said_at, c.fault
    FROM channel c JOIN unit u ON u.id = c.unit_id WHERE app.keeps_channels(c.unit_id) ORDER BY u.position, c.name, c.id $$;
CREATE FUNCTION app.add_channel(key uuid, unit int, channel_kind text, called text, address text, host text, kinds text[],
                                lines text[], language text, words boolean, active boolean, instant timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  INSERT INTO channel (id, unit_id, kind, name, address, host, kinds, lines, language, words, active, version, changed_by, changed_at)
  SELECT key, unit, channel_kind, called, address, host, kinds, lines, language, words, active, 1, app.person_id(), instant
   WHERE app.person_id() IS NOT NULL AND app.keeps_channels(unit) $$;
-- Without an address the old one stays. False when it is not there, not the caller's, or not of that version any more.
CREATE FUNCTION app.change_channel(key uuid, seen int, called text, new_address text, new_host text, new_kinds text[], new_lines text[],
                                   new_language text, new_words boolean, new_active boolean, instant timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH changed AS (
    UPDATE channel SET name = called, address = coalesce(new_address, address), host = coalesce(new_host, host), kinds = new_kinds,
           lines = new_lines, language = new_language, words = new_words, active = new_active, version = version + 1,
           changed_by = app.person_id(), changed_at = instant
     WHERE id = key AND version = seen AND app.person_id() IS NOT NULL AND app.keeps_channels(unit_id) RETURNING 1)
  SELECT EXISTS (SELECT FROM changed) $$;
CREATE FUNCTION app.remove_channel(key uuid) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH gone AS (DELETE FROM channel WHERE id = key AND app.person_id() IS NOT NULL AND app.keeps_channels(unit_id) RETURNING 1)
  SELECT EXISTS (SELECT FROM gone) $$;
CREATE FUNCTION app.channel_address(key uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT c.address FROM channel c WHERE c.id = key AND c.unit_id = ANY (app.unit_ids()) AND app.by_itself() $$;
CREATE FUNCTION app.note_channel(key uuid, instant timestamptz, why text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  UPDATE channel SET said_at = CASE WHEN why IS NULL THEN instant ELSE said_at END, fault = why
   WHERE id = key AND unit_id = ANY (app.unit_ids()) AND app.by_itself() $$;

-- What was given up: why, and nothing of what it says. The administrator has it tried again.
CREATE FUNCTION app.parked_messages(before timestamptz, before_key uuid, most int)
RETURNS TABLE (id uuid, unit_id int, topic text, at timestamptz, parked_at timestamptz, attempts int, error text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT m.id, m.unit_id, m.topic, m.at, m.parked_at, m.attempts, m.error FROM outbox_message m
   WHERE m.parked_at IS NOT NULL AND m.done_at IS NULL AND (before IS NULL OR (m.parked_at, m.id) < (before, before_key))
   ORDER BY m.parked_at DESC, m.id DESC LIMIT most $$;
CREATE FUNCTION app.retry_parked(which uuid, instant timestamptz) RETURNS TABLE (id uuid, topic text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  UPDATE outbox_message m SET parked_at = NULL, attempts = 0, next_at = instant
   WHERE m.parked_at IS NOT NULL AND m.done_at IS NULL AND (which IS NULL OR m.id = which) RETURNING m.id, m.topic $$;

-- For the operator: how much waits or is parked, and since when the oldest waits that is due or was tried (what waits for its
-- hour is not late).
CREATE OR REPLACE FUNCTION app.outbox_state(instant timestamptz)
RETURNS TABLE (topic text, waiting bigint, parked bigint, oldest_seconds float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT m.topic, count(*) FILTER (WHERE m.parked_at IS NULL), count(*) FILTER (WHERE m.parked_at IS NOT NULL),
         coalesce(extract(epoch FROM instant - min(m.at) FILTER (WHERE m.parked_at IS NULL AND (m.next_at <= instant OR m.attempts > 0))),
                  0)::float8
    FROM outbox_message m WHERE m.done_at IS NULL GROUP BY m.topic ORDER BY m.topic $$;

-- Tasks: announced and noted by the background, which has no scope; seen, and asked for, by the administrator.
CREATE FUNCTION app.announce_task(key uuid, called text, plan text, due timestamptz, instant timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  INSERT INTO periodic_task (id, task, schedule, next_at, seen_at) VALUES (key, called, plan, due, instant)
  ON CONFLICT (task) DO UPDATE SET schedule = excluded.schedule, next_at = excluded.next_at, seen_at = excluded.seen_at $$;
-- False after three runs within an hour that never ended: what kills its worker is not begun again and again.
CREATE FUNCTION app.begin_task_run(key uuid, called text, instant timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH begun AS (
    INSERT INTO task_run (id, task, started_at, counts, runs) SELECT key, called, instant, '{}', 1
     WHERE (SELECT count(*) FROM task_run r WHERE r.task = called AND r.ended_at IS NULL
               AND r.started_at BETWEEN instant - interval '1 hour' AND instant) < 3
    RETURNING 1)
  SELECT EXISTS (SELECT FROM begun) $$;
CREATE FUNCTION app.end_task_run(key uuid, instant timestamptz, took float8, found jsonb, why text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  UPDATE task_run SET ended_at = instant, seconds = took, longest = took, counts = found, error = why WHERE id = key $$;
-- Of a task that runs all the time: one row an hour and outcome, figures added up.
CREATE FUNCTION app.note_task_run(key uuid, called text, begun timestamptz, instant timestamptz, took float8, figures jsonb, why text)
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
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
CREATE FUNCTION app.ask_task(key uuid, called text, instant timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH asked AS (
    INSERT INTO task_request (id, task, asked_at, asked_by)
    SELECT key, called, instant, app.person_id() FROM periodic_task t
     WHERE t.task = called AND NOT EXISTS (SELECT FROM task_request q WHERE q.task = called AND q.taken_at IS NULL)
    RETURNING 1)
  SELECT EXISTS (SELECT FROM asked) $$;
-- Wishes that no worker has taken; one that was sent is sent again after a while, in case its message was lost.
CREATE FUNCTION app.tasks_asked_for(instant timestamptz) RETURNS TABLE (id uuid, task text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  UPDATE task_request q SET sent_at = instant
   WHERE q.taken_at IS NULL AND (q.sent_at IS NULL OR q.sent_at < instant - interval '30 seconds') RETURNING q.id, q.task $$;
CREATE FUNCTION app.take_task_request(key uuid, instant timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH taken AS (UPDATE task_request SET taken_at = instant WHERE id = key AND taken_at IS NULL RETURNING 1)
  SELECT EXISTS (SELECT FROM taken) $$;
CREATE FUNCTION app.periodic_tasks() RETURNS TABLE (task text, schedule text, next_at timestamptz, seen_at timestamptz, asked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT t.task, t.schedule, t.next_at, t.seen_at,
         (SELECT min(q.asked_at) FROM task_request q WHERE q.task = t.task AND q.taken_at IS NULL)
    FROM periodic_task t ORDER BY t.task $$;
CREATE FUNCTION app.task_runs(called text, failed boolean, most int)
RETURNS TABLE (id uuid, task text, started_at timestamptz, ended_at timestamptz, seconds float8, longest float8, counts jsonb,
               error text, runs int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT r.id, r.task, r.started_at, r.ended_at, r.seconds, r.longest, r.counts, r.error, r.runs FROM task_run r
   WHERE (called IS NULL OR r.task = called) AND (NOT failed OR r.error IS NOT NULL) ORDER BY r.started_at DESC, r.id DESC LIMIT most $$;
CREATE FUNCTION app.last_task_runs()
RETURNS TABLE (id uuid, task text, started_at timestamptz, ended_at timestamptz, seconds float8, longest float8, counts jsonb,
               error text, runs int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT DISTINCT ON (r.task) r.id, r.task, r.started_at, r.ended_at, r.seconds, r.longest, r.counts, r.error, r.runs
    FROM task_run r ORDER BY r.task, coalesce(r.ended_at, r.started_at) DESC $$;
CREATE FUNCTION app.purge_task_runs(before timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH asked AS (DELETE FROM task_request WHERE taken_at < before),
       gone AS (DELETE FROM task_run WHERE started_at < before RETURNING 1) SELECT count(*) FROM gone $$;

GRANT EXECUTE ON FUNCTION app.notice_modes(uuid[]), app.take_digest(uuid, timestamptz, timestamptz), app.withhold_mail(uuid, timestamptz),
  app.channel_address(uuid), app.note_channel(uuid, timestamptz, text), app.announce_task(uuid, text, text, timestamptz, timestamptz),
  app.begin_task_run(uuid, text, timestamptz), app.end_task_run(uuid, timestamptz, float8, jsonb, text),
  app.note_task_run(uuid, text, timestamptz, timestamptz, float8, jsonb, text), app.last_task_runs(), app.tasks_asked_for(timestamptz),
  app.take_task_request(uuid, timestamptz), app.purge_task_runs(timestamptz) TO portal_app;
GRANT EXECUTE ON FUNCTION app.prefer(uuid, text, text) TO portal_app, portal_oversight, portal_auditor, portal_administrator;
GRANT EXECUTE ON FUNCTION app.channels(), app.remove_channel(uuid),
  app.add_channel(uuid, int, text, text, text, text, text[], text[], text, boolean, boolean, timestamptz),
  app.change_channel(uuid, int, text, text, text, text[], text[], text, boolean, boolean, timestamptz) TO portal_app, portal_administrator;
GRANT EXECUTE ON FUNCTION app.outbox_state(timestamptz), app.parked_messages(timestamptz, uuid, int), app.retry_parked(uuid, timestamptz),
  app.ask_task(uuid, text, timestamptz), app.periodic_tasks(), app.task_runs(text, boolean, int), app.last_task_runs() TO portal_administrator;
