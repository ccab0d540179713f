-- A bulletin that is issued stays as it is and stays there, whoever changes or removes the row.
CREATE FUNCTION app.bulletin_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF OLD.state = 'issued' THEN
    RAISE EXCEPTION 'an issued bulletin does not change' USING ERRCODE = 'check_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER bulletin_stays BEFORE UPDATE OR DELETE ON bulletin FOR EACH ROW EXECUTE FUNCTION app.bulletin_stays();
-- A receipt is of a bulletin that was sent to its unit; who has acknowledged has.
CREATE FUNCTION app.bulletin_receipt_fits() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NOT EXISTS (SELECT FROM bulletin b WHERE b.id = NEW.bulletin_id AND NEW.unit_id = ANY (b.parties)) THEN
    RAISE insufficient_privilege USING MESSAGE = 'the bulletin was not sent to this unit';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.acknowledged_at IS NOT NULL
     AND (NEW.acknowledged_at, NEW.by_id) IS DISTINCT FROM (OLD.acknowledged_at, OLD.by_id) THEN
    RAISE EXCEPTION 'an acknowledgement stays' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER bulletin_receipt_fits BEFORE INSERT OR UPDATE ON bulletin_receipt
  FOR EACH ROW EXECUTE FUNCTION app.bulletin_receipt_fits();
-- Bulletins to be acknowledged have rungs of the ladder.
ALTER TABLE reminder_rung DROP CONSTRAINT ck_reminder_rung_kind;
ALTER TABLE reminder_rung ADD CONSTRAINT ck_reminder_rung_kind CHECK (kind IN (
  'filing', 'review', 'assignment', 'verification', 'extension', 'respond', 'resolve', 'receipt', 'order', 'acknowledgement'));
ALTER TABLE reminder DROP CONSTRAINT ck_reminder_kind;
ALTER TABLE reminder ADD CONSTRAINT ck_reminder_kind CHECK (kind IN (
  'filing', 'review', 'assignment', 'verification', 'extension', 'respond', 'resolve', 'receipt', 'order', 'acknowledgement'));
