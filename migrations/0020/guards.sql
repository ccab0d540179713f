-- Whoever takes part in an issue sees it; a part in it changes by its owner alone, and only the owner of the moment has that part.
CREATE FUNCTION app.issue_party_part() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE i issue;
BEGIN
  IF current_user <> 'portal_app' THEN RETURN NEW; END IF;
  SELECT * INTO i FROM issue WHERE id = NEW.issue_id;
  IF coalesce(i.owner_unit = ANY (app.unit_ids()), false) THEN RETURN NEW; END IF;
  IF TG_OP = 'UPDATE' OR NEW.part = 'owner' AND NEW.unit_id IS DISTINCT FROM i.owner_unit
     OR NEW.part = 'raising' AND NEW.unit_id IS DISTINCT FROM i.raised_by OR NEW.part = 'supervising' AND NEW.unit_id <> 1 THEN
    RAISE insufficient_privilege USING MESSAGE = 'what part a desk has in an issue is the owner''s to change'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER part BEFORE INSERT OR UPDATE ON issue_party FOR EACH ROW EXECUTE FUNCTION app.issue_party_part();

-- The time of an issue is written by who raised it and by who owns it, or has just given it away: whose turn was the last.
CREATE FUNCTION app.issue_time() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF current_user = 'portal_app'
     AND NOT EXISTS (SELECT FROM issue i WHERE i.id = NEW.issue_id
                        AND (i.owner_unit = ANY (app.unit_ids()) OR i.raised_by = ANY (app.unit_ids())))
     AND NOT coalesce((SELECT t.unit_id = ANY (app.unit_ids()) FROM issue_turn t WHERE t.issue_id = NEW.issue_id
                        ORDER BY t.position DESC LIMIT 1), false) THEN
    RAISE insufficient_privilege USING MESSAGE = 'only the owner and the raising unit write the time of an issue'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER time BEFORE INSERT OR UPDATE ON issue_turn FOR EACH ROW EXECUTE FUNCTION app.issue_time();
CREATE TRIGGER time BEFORE INSERT OR UPDATE ON issue_wait FOR EACH ROW EXECUTE FUNCTION app.issue_time();

-- News of a campaign is acknowledged in the unit that was told, by the person who says so; the others see whether it was.
CREATE FUNCTION app.receipt_acknowledged() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF (NEW.acknowledged_at, NEW.by_id) IS DISTINCT FROM (OLD.acknowledged_at, OLD.by_id)
     AND current_user IN ('portal_app', 'portal_oversight')
     AND NOT (OLD.acknowledged_at IS NULL AND NEW.unit_id = ANY (app.unit_ids()) AND NEW.by_id = app.person_id()) IS TRUE THEN
    RAISE insufficient_privilege USING MESSAGE = 'only the unit that was told acknowledges'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER acknowledged BEFORE UPDATE ON campaign_receipt FOR EACH ROW EXECUTE FUNCTION app.receipt_acknowledged();
REVOKE EXECUTE ON FUNCTION app.issue_party_part(), app.issue_time(), app.receipt_acknowledged() FROM PUBLIC;

-- The trail names who acts: an entry is by the person of the scope, or by nobody where the portal acts by itself.
ALTER POLICY audit_entry_unit_adds ON audit_entry WITH CHECK (unit_id = ANY (app.unit_ids()) AND NOT (by IS DISTINCT FROM app.person_id()));
ALTER POLICY audit_entry_hq_adds ON audit_entry WITH CHECK (unit_id = ANY (app.unit_ids()) AND NOT (by IS DISTINCT FROM app.person_id()));
ALTER POLICY audit_entry_admin_adds ON audit_entry WITH CHECK (unit_id = ANY (app.unit_ids()) AND NOT (by IS DISTINCT FROM app.person_id()));
