-- A decision may be corrected or taken back until it is an assignment, or the minutes are out; to become an assignment stays possible.
ALTER TABLE meeting_decision ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE meeting_decision ALTER COLUMN version DROP DEFAULT;
CREATE POLICY meeting_decision_hq_removes ON meeting_decision FOR DELETE TO portal_oversight USING (true);
GRANT DELETE ON meeting_decision TO portal_oversight;
GRANT UPDATE (unit_id, line, title, deliverable, due, owner_id, assignment_id, version) ON meeting_decision TO portal_oversight;
CREATE FUNCTION app.decision_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF (TG_OP = 'DELETE' OR (NEW.unit_id, NEW.line, NEW.title, NEW.deliverable, NEW.due, NEW.owner_id)
      IS DISTINCT FROM (OLD.unit_id, OLD.line, OLD.title, OLD.deliverable, OLD.due, OLD.owner_id))
     AND (OLD.assignment_id IS NOT NULL OR EXISTS (SELECT FROM meeting m WHERE m.id = OLD.meeting_id AND m.published_at IS NOT NULL))
  THEN
    RAISE EXCEPTION 'a decision that is out or assigned stays' USING ERRCODE = 'check_violation';
  END IF;
  RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER decision_stays BEFORE UPDATE OR DELETE ON meeting_decision FOR EACH ROW EXECUTE FUNCTION app.decision_stays();
