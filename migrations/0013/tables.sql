-- When an assignment was returned the last time: what was late already is reminded of from then on, from the bottom of the ladder.
ALTER TABLE assignment ADD COLUMN returned_at TIMESTAMP WITH TIME ZONE;
UPDATE assignment a SET returned_at = r.at
  FROM (SELECT subject_id, max(at) AS at FROM audit_entry WHERE subject_kind = 'assignment' AND action = 'return' GROUP BY 1) r
 WHERE a.round > 1 AND r.subject_id = a.id;
