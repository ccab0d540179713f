-- A document is of an issued bulletin, and stays as it was written, whoever changes or removes the row.
CREATE FUNCTION app.bulletin_document_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    RAISE EXCEPTION 'the document of an issued bulletin does not change' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT EXISTS (SELECT FROM bulletin b WHERE b.id = NEW.bulletin_id AND b.state = 'issued') THEN
    RAISE EXCEPTION 'only an issued bulletin has a document' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER bulletin_document_stays AFTER INSERT OR UPDATE OR DELETE ON bulletin_document          -- policies speak first
  FOR EACH ROW EXECUTE FUNCTION app.bulletin_document_stays();
