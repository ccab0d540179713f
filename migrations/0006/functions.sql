-- Which units the background looks through; it has no scope of its own.
CREATE FUNCTION app.units_to_sweep() RETURNS SETOF int
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT u.id FROM unit u ORDER BY u.position, u.id $$;
GRANT EXECUTE ON FUNCTION app.units_to_sweep() TO portal_app;
