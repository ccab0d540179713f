-- What is answered from the letter of a day needs to know which reminder it was.
ALTER TABLE notice ADD COLUMN answering uuid;
DROP FUNCTION app.take_digest(uuid, timestamptz, timestamptz);
CREATE FUNCTION app.take_digest(who uuid, slot timestamptz, instant timestamptz)
RETURNS TABLE (id uuid, at timestamptz, text text, params jsonb, url text, subject_kind text, subject_id uuid, answering uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH taken AS (
    UPDATE notice n SET digested_at = instant
     WHERE n.person_id = who AND n.digest_at <= slot AND n.digested_at IS NULL AND n.unit_id = ANY (app.unit_ids()) AND app.by_itself()
    RETURNING n.id, n.at, n.text, n.params, n.url, n.subject_kind, n.subject_id, n.answering)
  SELECT * FROM taken t ORDER BY t.at, t.id $$;
GRANT EXECUTE ON FUNCTION app.take_digest(uuid, timestamptz, timestamptz) TO portal_app;
