-- The next number of a unit's orders within a year. Headquarters alone issues them.
CREATE FUNCTION app.next_order_number(of_unit int, of_year int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE given int;
BEGIN
  INSERT INTO supervision_number AS n VALUES (of_unit, of_year, 1)
  ON CONFLICT (unit_id, year) DO UPDATE SET last = n.last + 1 RETURNING n.last INTO given;
  RETURN given;
END $$;
REVOKE EXECUTE ON FUNCTION app.next_order_number(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.next_order_number(int, int) TO portal_oversight;

-- A unit replies, and that is all it does to an order; what has ended stays as it is, whoever changes the row.
CREATE FUNCTION app.supervision_steps() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF OLD.state IN ('closed', 'withdrawn') THEN
    RAISE EXCEPTION 'an order that has ended does not change' USING ERRCODE = 'check_violation';
  END IF;
  IF current_user = 'portal_app' AND NOT (OLD.state = 'open' AND NEW.state = 'replied') THEN
    RAISE insufficient_privilege USING MESSAGE = 'a unit may only reply to an order';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER supervision_steps BEFORE UPDATE ON supervision FOR EACH ROW EXECUTE FUNCTION app.supervision_steps();

-- Orders have rungs of the ladder.
ALTER TABLE reminder_rung DROP CONSTRAINT ck_reminder_rung_kind;
ALTER TABLE reminder_rung ADD CONSTRAINT ck_reminder_rung_kind CHECK (kind IN (
  'filing', 'review', 'assignment', 'verification', 'extension', 'respond', 'resolve', 'receipt', 'order'));
ALTER TABLE reminder DROP CONSTRAINT ck_reminder_kind;
ALTER TABLE reminder ADD CONSTRAINT ck_reminder_kind CHECK (kind IN (
  'filing', 'review', 'assignment', 'verification', 'extension', 'respond', 'resolve', 'receipt', 'order'));
