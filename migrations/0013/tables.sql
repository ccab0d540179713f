-- When an assignment was returned the last time: what was late already is reminded of from then on, from the bottom of the ladder.
ALTER TABLE assignment ADD COLUMN returned_at TIMESTAMP WITH TIME ZONE;
UPDATE assignment a SET returned_at = r.at
  FROM (SELECT subject_id, max(at) AS at FROM audit_entry WHERE subject_kind = 'assignment' AND action = 'return' GROUP BY 1) r
 WHERE a.round > 1 AND r.subject_id = a.id;
-- A rung may be told in the portal alone; and the rooms of the unit may hear of it, once.
ALTER TABLE reminder_rung DROP CONSTRAINT ck_reminder_rung_channel;
ALTER TABLE reminder_rung ADD CONSTRAINT ck_reminder_rung_channel CHECK (channel IN ('at_once', 'digest', 'in_app'));
ALTER TABLE reminder_rung ADD COLUMN rooms BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE reminder_rung ALTER COLUMN rooms DROP DEFAULT;
-- Those of which the rooms hear in the ladder that the portal comes with.
UPDATE reminder_rung SET rooms = true WHERE (kind, step, span, whom) IN (
  ('filing', -3, 'day', 'contact'), ('filing', 1, 'day', 'contact'), ('review', 5, 'day', 'hq_line'),
  ('assignment', -3, 'day', 'contact'), ('assignment', 1, 'day', 'contact'), ('verification', 6, 'day', 'hq_line'),
  ('extension', 2, 'day', 'hq_line'), ('respond', -1, 'hour', 'line_owner'), ('respond', 1, 'hour', 'line_owner'),
  ('resolve', -4, 'hour', 'line_owner'), ('resolve', 1, 'hour', 'line_owner'), ('receipt', 5, 'day', 'contact'),
  ('order', -1, 'day', 'contact'), ('order', 1, 'day', 'contact'), ('acknowledgement', 2, 'day', 'contact'));
