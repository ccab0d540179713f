-- What was answered to reminders of one's own unit, whoever answered: when, and in which unit. The words of headquarters are read
-- by headquarters alone; that they were said keeps the next reminder quiet.
CREATE FUNCTION app.reminder_answers(things uuid[])
RETURNS TABLE (subject_id uuid, kind text, part text, round text, answer text, at timestamptz, person_id uuid, said_in int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT a.subject_id, a.kind, a.part, a.round, a.answer, a.at, a.person_id, a.unit_id
    FROM reminder_answer a JOIN reminder r ON r.id = a.reminder_id
   WHERE a.subject_id = ANY (things) AND (r.unit_id = ANY (app.unit_ids()) OR 1 = ANY (app.unit_ids())) $$;
REVOKE EXECUTE ON FUNCTION app.reminder_answers(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.reminder_answers(uuid[]) TO portal_app, portal_oversight;
