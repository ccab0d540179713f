-- Nobody acts for somebody who has left: a delegation ends with its holder, as the holder's own sign-in does.
CREATE OR REPLACE FUNCTION app.identity(who uuid, day date)
RETURNS TABLE (email text, name text, language text, appointment_id uuid, role text, unit_id int, unit_code text, line text,
               holder uuid, on_behalf_of uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH held AS (
    SELECT a.id, a.role, a.unit_id, a.line, a.person_id AS holder, NULL::uuid AS on_behalf_of, a.deputy
      FROM appointment a WHERE a.person_id = who AND day BETWEEN a.valid_from AND coalesce(a.valid_until, 'infinity')
    UNION ALL
    SELECT a.id, a.role, a.unit_id, a.line, a.person_id, a.person_id, a.deputy
      FROM delegation d JOIN appointment a ON a.id = d.appointment_id JOIN person p ON p.id = a.person_id
     WHERE d.person_id = who AND day BETWEEN d.valid_from AND d.valid_until
       AND day BETWEEN a.valid_from AND coalesce(a.valid_until, 'infinity') AND (p.left_on IS NULL OR p.left_on > day))
  SELECT p.email, p.name, p.language, h.id, h.role, h.unit_id, u.code, h.line, h.holder, h.on_behalf_of
    FROM person p
    LEFT JOIN (held h JOIN unit u ON u.id = h.unit_id AND (u.closed_on IS NULL OR u.closed_on > day)) ON true
   WHERE p.id = who AND (p.left_on IS NULL OR p.left_on > day)
   ORDER BY h.on_behalf_of IS NOT NULL, h.deputy, h.unit_id, h.role, h.line, h.id
$$;

-- Without a scope nothing is written, messages to units neither.
ALTER POLICY outbox_message_unit_adds ON outbox_message WITH CHECK (app.unit_ids() IS NOT NULL);
