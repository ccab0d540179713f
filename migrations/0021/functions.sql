-- The work on systems arises from a plan in force and has no agreed start: its owner, too, can be named anew.
CREATE OR REPLACE FUNCTION app.name_owner(key uuid, owner uuid, today date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM appointment a JOIN person p ON p.id = a.person_id JOIN assignment t ON t.unit_id = a.unit_id
                  WHERE t.id = key AND a.person_id = owner AND a.valid_from <= today
                    AND (a.valid_until IS NULL OR a.valid_until >= today) AND (p.left_on IS NULL OR p.left_on > today)) THEN
    RAISE insufficient_privilege USING MESSAGE = 'an owner works in the unit'; END IF;
  UPDATE assignment SET owner_id = owner, version = version + 1
   WHERE id = key AND unit_id = ANY (app.unit_ids()) AND state = 'open' AND (start IS NOT NULL OR template_kind = 'system');
  IF NOT FOUND THEN RAISE insufficient_privilege USING MESSAGE = 'only an open assignment in force, of an own unit'; END IF;
END $$;
