-- A unit whose issue was closed into this one takes part in it, though the campaign does not concern it: it did not know the
-- campaign when it raised its own, and headquarters found it.
CREATE OR REPLACE FUNCTION app.issue_party_named() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF current_user = 'portal_app' AND NOT EXISTS (
    SELECT FROM issue i
     WHERE i.id = NEW.issue_id
       AND (i.owner_unit = ANY (app.unit_ids()) OR i.raised_by = ANY (app.unit_ids())
            OR EXISTS (SELECT FROM issue w WHERE w.id = i.parent_id AND w.owner_unit = ANY (app.unit_ids())))
       AND (NEW.unit_id = 1 OR NEW.unit_id = ANY (i.parties)
            OR EXISTS (SELECT FROM issue d WHERE d.merged_into_id = i.id AND d.raised_by = NEW.unit_id)
            OR EXISTS (SELECT FROM campaign c WHERE c.id = i.campaign_id AND (c.everyone OR NEW.unit_id = ANY (c.parties))))) THEN
    RAISE insufficient_privilege USING MESSAGE = 'only those whom the campaign concerns are drawn in, by owner or raiser'; END IF;
  RETURN NEW;
END $$;
