-- A task is left alone when it has killed its worker about one thing, a unit or whatever it is given: runs about others, many of
-- which may be under way at the same time, say nothing about it.
ALTER TABLE task_run ADD COLUMN about TEXT;
DROP FUNCTION app.begin_task_run(uuid, text, timestamptz);
CREATE FUNCTION app.begin_task_run(key uuid, called text, thing text, instant timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH begun AS (
    INSERT INTO task_run (id, task, about, started_at, counts, runs) SELECT key, called, thing, instant, '{}', 1
     WHERE (SELECT count(*) FROM task_run r WHERE r.task = called AND r.about IS NOT DISTINCT FROM thing AND r.ended_at IS NULL
               AND r.started_at BETWEEN instant - interval '1 hour' AND instant) < 3
    RETURNING 1)
  SELECT EXISTS (SELECT FROM begun) $$;
REVOKE EXECUTE ON FUNCTION app.begin_task_run(uuid, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.begin_task_run(uuid, text, text, timestamptz) TO portal_app;
