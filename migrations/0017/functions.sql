-- In a unit's own lane the owner gives an issue away and says what it was, owner or raiser move it on, and the raising unit
-- names its first contact, one of its own, and takes its duplicate out of the issue that it was closed into.
CREATE OR REPLACE FUNCTION app.issue_owner() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  owns boolean := coalesce(OLD.owner_unit = ANY (app.unit_ids()), false);
  raised boolean := coalesce(OLD.raised_by = ANY (app.unit_ids()), false);
BEGIN
  IF current_user <> 'portal_app' THEN RETURN NEW; END IF;
  IF NOT owns AND (NEW.owner_unit, NEW.owner_line, NEW.root_cause, NEW.solution, NEW.warned_at,
                   NEW.disagreements, NEW.ruling_due, NEW.responded_at)
     IS DISTINCT FROM (OLD.owner_unit, OLD.owner_line, OLD.root_cause, OLD.solution, OLD.warned_at,
                       OLD.disagreements, OLD.ruling_due, OLD.responded_at) THEN
    RAISE insufficient_privilege USING MESSAGE = 'only the owner hands over and solves'; END IF;
  IF NOT owns AND NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id AND NOT (raised AND NEW.merged_into_id IS NULL) THEN
    RAISE insufficient_privilege USING MESSAGE = 'only the owner closes a duplicate, only its raiser reopens it'; END IF;
  IF NOT owns AND NOT raised AND (NEW.state, NEW.resolved_at, NEW.closed_at, NEW.reopened)
     IS DISTINCT FROM (OLD.state, OLD.resolved_at, OLD.closed_at, OLD.reopened) THEN
    RAISE insufficient_privilege USING MESSAGE = 'only the owner and the raising unit move an issue on'; END IF;
  IF NOT owns AND NOT raised AND NEW.complaint_count IS DISTINCT FROM OLD.complaint_count
     AND NOT (NEW.complaint_count < OLD.complaint_count AND EXISTS (
       SELECT FROM issue d WHERE d.merged_into_id = OLD.id AND d.raised_by = ANY (app.unit_ids()))) THEN
    RAISE insufficient_privilege USING MESSAGE = 'complaints are counted by the owner and by who raised them'; END IF;
  IF NEW.first_contact_id IS DISTINCT FROM OLD.first_contact_id AND NOT (raised AND EXISTS (
       SELECT FROM appointment a WHERE a.person_id = NEW.first_contact_id AND a.unit_id = OLD.raised_by)) THEN
    RAISE insufficient_privilege USING MESSAGE = 'only the raising unit names its first contact'; END IF;
  RETURN NEW;
END $$;
