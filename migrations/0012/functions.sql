-- Whose lists are to be sent by a day. What they are, only the person reads.
CREATE FUNCTION app.due_subscriptions(day date) RETURNS TABLE (id uuid, person_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT s.id, s.person_id FROM subscription s WHERE s.active AND s.next_on <= day ORDER BY s.next_on, s.id $$;
CREATE FUNCTION app.purge_deliveries(before date) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH gone AS (DELETE FROM delivery d WHERE d.until < before RETURNING 1) SELECT count(*) FROM gone $$;
REVOKE EXECUTE ON FUNCTION app.due_subscriptions(date), app.purge_deliveries(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.due_subscriptions(date), app.purge_deliveries(date) TO portal_app;

-- Of these keys of the storage, the ones that no file and no workbook has.
CREATE OR REPLACE FUNCTION app.unknown_files(keys text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT k FROM unnest(keys) k WHERE NOT EXISTS (SELECT FROM attachment a WHERE a.key = k AND a.removed_at IS NULL)
    AND NOT EXISTS (SELECT FROM delivery d WHERE d.key = k) $$;
