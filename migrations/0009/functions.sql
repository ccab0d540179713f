-- Minutes that are out stay as they are, whoever changes the row.
CREATE FUNCTION app.meeting_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF OLD.published_at IS NOT NULL THEN
    RAISE EXCEPTION 'published minutes do not change' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER meeting_stays BEFORE UPDATE ON meeting FOR EACH ROW EXECUTE FUNCTION app.meeting_stays();
