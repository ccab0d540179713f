-- Which function serves the desk of a unit's line on a day: the line's owner, else the unit's contact, else its head; at
-- headquarters the line's lead, else the office. A unit may have the desk of one line served by another.
CREATE FUNCTION app.desk(of_unit int, of_line text, day date) RETURNS text
LANGUAGE sql STABLE COST 1000 SET search_path = pg_catalog, public AS $$
  WITH served AS (
    SELECT coalesce((SELECT e.served_by FROM desk_exception e WHERE e.unit_id = of_unit AND e.line = of_line), of_line) AS line)
  SELECT a.role || CASE WHEN a.role IN ('line_owner', 'hq_line_lead') THEN ' ' || s.line ELSE ' ' END
    FROM served s, appointment a JOIN person p ON p.id = a.person_id JOIN unit u ON u.id = a.unit_id
   WHERE a.unit_id = of_unit AND (u.closed_on IS NULL OR u.closed_on > day) AND (p.left_on IS NULL OR p.left_on > day)
     AND day BETWEEN a.valid_from AND coalesce(a.valid_until, 'infinity')
     AND (a.role IN ('line_owner', 'hq_line_lead') AND a.line = s.line OR a.role IN ('unit_contact', 'hq_office', 'unit_head'))
   ORDER BY array_position(ARRAY['line_owner', 'hq_line_lead', 'unit_contact', 'hq_office', 'unit_head'], a.role) LIMIT 1 $$;
GRANT EXECUTE ON FUNCTION app.desk(int, text, date) TO portal_app, portal_oversight, portal_auditor, portal_administrator;

-- Whoever gets a part in an issue sees it; nobody loses sight of it.
CREATE FUNCTION app.issue_party_joins() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  UPDATE issue i SET parties = ARRAY(SELECT DISTINCT p FROM unnest(i.parties || NEW.unit_id) p ORDER BY p),
                     desks = ARRAY(SELECT DISTINCT d FROM unnest(i.desks || (NEW.unit_id || ':' || NEW.line)) d ORDER BY d)
   WHERE i.id = NEW.issue_id AND NOT i.desks @> ARRAY[NEW.unit_id || ':' || NEW.line];
  RETURN NULL;
END $$;
CREATE TRIGGER joins AFTER INSERT ON issue_party FOR EACH ROW EXECUTE FUNCTION app.issue_party_joins();

-- In a unit's own lane the owner gives an issue away and says what it was, owner or raiser move it on, and the raising unit
-- names its first contact, one of its own.
CREATE FUNCTION app.issue_owner() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  owns boolean := coalesce(OLD.owner_unit = ANY (app.unit_ids()), false);
  raised boolean := coalesce(OLD.raised_by = ANY (app.unit_ids()), false);
BEGIN
  IF current_user <> 'portal_app' THEN RETURN NEW; END IF;
  IF NOT owns AND (NEW.owner_unit, NEW.owner_line, NEW.root_cause, NEW.solution, NEW.merged_into_id, NEW.warned_at,
                   NEW.disagreements, NEW.ruling_due, NEW.responded_at)
     IS DISTINCT FROM (OLD.owner_unit, OLD.owner_line, OLD.root_cause, OLD.solution, OLD.merged_into_id, OLD.warned_at,
                       OLD.disagreements, OLD.ruling_due, OLD.responded_at) THEN
    RAISE insufficient_privilege USING MESSAGE = 'only the owner hands over and solves'; END IF;
  IF NOT owns AND NOT raised AND (NEW.state, NEW.resolved_at, NEW.closed_at, NEW.reopened, NEW.complaint_count)
     IS DISTINCT FROM (OLD.state, OLD.resolved_at, OLD.closed_at, OLD.reopened, OLD.complaint_count) THEN
    RAISE insufficient_privilege USING MESSAGE = 'only the owner and the raising unit move an issue on'; END IF;
  IF NEW.first_contact_id IS DISTINCT FROM OLD.first_contact_id AND NOT (raised AND EXISTS (
       SELECT FROM appointment a WHERE a.person_id = NEW.first_contact_id AND a.unit_id = OLD.raised_by)) THEN
    RAISE insufficient_privilege USING MESSAGE = 'only the raising unit names its first contact'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER owner BEFORE UPDATE ON issue FOR EACH ROW EXECUTE FUNCTION app.issue_owner();

-- A unit draws others in where it owns or raised the issue, or owns the whole of which it is a part; and only whom the
-- campaign concerns.
CREATE FUNCTION app.issue_party_named() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF current_user = 'portal_app' AND NOT EXISTS (
    SELECT FROM issue i
     WHERE i.id = NEW.issue_id
       AND (i.owner_unit = ANY (app.unit_ids()) OR i.raised_by = ANY (app.unit_ids())
            OR EXISTS (SELECT FROM issue w WHERE w.id = i.parent_id AND w.owner_unit = ANY (app.unit_ids())))
       AND (NEW.unit_id = 1 OR NEW.unit_id = ANY (i.parties)
            OR EXISTS (SELECT FROM campaign c WHERE c.id = i.campaign_id AND (c.everyone OR NEW.unit_id = ANY (c.parties))))) THEN
    RAISE insufficient_privilege USING MESSAGE = 'only those whom the campaign concerns are drawn in, by owner or raiser'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER named BEFORE INSERT ON issue_party FOR EACH ROW EXECUTE FUNCTION app.issue_party_named();

-- The next number within a unit and a year, for that unit alone.
CREATE FUNCTION app.next_issue_number(of_unit int, of_year int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE given int;
BEGIN
  IF NOT coalesce(of_unit = ANY (app.unit_ids()), false) THEN
    RAISE insufficient_privilege USING MESSAGE = 'numbers are counted by the unit itself'; END IF;
  INSERT INTO issue_number AS n VALUES (of_unit, of_year, 1)
  ON CONFLICT (unit_id, year) DO UPDATE SET last = n.last + 1 RETURNING n.last INTO given;
  RETURN given;
END $$;
GRANT EXECUTE ON FUNCTION app.next_issue_number(int, int) TO portal_app, portal_oversight;

-- Of these keys of the storage, the ones that no file has: what a transaction that failed has left behind.
CREATE FUNCTION app.unknown_files(keys text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT k FROM unnest(keys) k WHERE NOT EXISTS (SELECT FROM attachment a WHERE a.key = k AND a.removed_at IS NULL) $$;
GRANT EXECUTE ON FUNCTION app.unknown_files(text[]) TO portal_app;

-- Whoever sees a campaign, an issue or a warning reads its history.
CREATE POLICY audit_entry_campaign_history ON audit_entry FOR SELECT TO portal_app
  USING (subject_kind = 'campaign' AND EXISTS (SELECT FROM campaign WHERE id = subject_id));
CREATE POLICY audit_entry_issue_history ON audit_entry FOR SELECT TO portal_app
  USING (subject_kind = 'issue' AND EXISTS (SELECT FROM issue WHERE id = subject_id));
CREATE POLICY audit_entry_caution_history ON audit_entry FOR SELECT TO portal_app
  USING (subject_kind = 'caution' AND EXISTS (SELECT FROM caution WHERE id = subject_id));

-- Without these a unit with few rows gets a scan by primary key, by the luck of ANALYZE's sample.
ALTER TABLE issue ALTER parties SET STATISTICS 1000;
ALTER TABLE issue ALTER desks SET STATISTICS 1000;
ALTER TABLE campaign ALTER parties SET STATISTICS 1000;
ALTER TABLE campaign_receipt ALTER parties SET STATISTICS 1000;

-- Headquarters' office sets working hours and the calendar's exceptions, which are settings.
CREATE POLICY setting_hq_adds ON setting FOR INSERT TO portal_oversight WITH CHECK (true);
GRANT INSERT ON setting TO portal_oversight;
CREATE POLICY setting_hq_changes ON setting FOR UPDATE TO portal_oversight USING (true) WITH CHECK (true);
GRANT UPDATE (value, version) ON setting TO portal_oversight;
