-- A run that was killed wrote no error: it failed all the same, once it is older than any run may be.
DROP FUNCTION app.task_runs(text, boolean, int);
CREATE FUNCTION app.task_runs(called text, lost_before timestamptz, most int)
RETURNS TABLE (id uuid, task text, started_at timestamptz, ended_at timestamptz, seconds float8, longest float8, counts jsonb,
               error text, runs int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT r.id, r.task, r.started_at, r.ended_at, r.seconds, r.longest, r.counts, r.error, r.runs FROM task_run r
   WHERE (called IS NULL OR r.task = called)
     AND (lost_before IS NULL OR r.error IS NOT NULL OR r.ended_at IS NULL AND r.started_at < lost_before)
   ORDER BY r.started_at DESC, r.id DESC LIMIT most $$;
REVOKE EXECUTE ON FUNCTION app.task_runs(text, timestamptz, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.task_runs(text, timestamptz, int) TO portal_administrator;
