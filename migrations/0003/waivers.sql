-- Requests of units to be excused from an assignment as not applicable.
CREATE TABLE waiver_request (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    assignment_id UUID NOT NULL,
    reason TEXT NOT NULL,
    asked_by_id UUID NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    verdict TEXT,
    remark TEXT NOT NULL,
    decided_by_id UUID,
    decided_at TIMESTAMP WITH TIME ZONE,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_waiver_request PRIMARY KEY (id),
    CONSTRAINT ck_waiver_request_verdict CHECK (verdict IN ('granted', 'declined')),
    CONSTRAINT ck_waiver_request_decided CHECK ((verdict IS NULL) = (decided_at IS NULL)),
    CONSTRAINT ck_waiver_request_one_end CHECK (verdict IS NULL OR withdrawn_at IS NULL),
    CONSTRAINT fk_waiver_request_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_waiver_request_assignment_id FOREIGN KEY(assignment_id) REFERENCES assignment (id),
    CONSTRAINT fk_waiver_request_asked_by_id FOREIGN KEY(asked_by_id) REFERENCES person (id),
    CONSTRAINT fk_waiver_request_decided_by_id FOREIGN KEY(decided_by_id) REFERENCES person (id)
);
CREATE INDEX ix_waiver_request_assignment ON waiver_request (assignment_id, asked_at);
CREATE UNIQUE INDEX ix_waiver_request_open ON waiver_request (assignment_id) WHERE verdict IS NULL AND withdrawn_at IS NULL;
CREATE INDEX ix_waiver_request_unit_id ON waiver_request (unit_id);
ALTER TABLE waiver_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE waiver_request FORCE ROW LEVEL SECURITY;
CREATE POLICY waiver_request_auditor_reads ON waiver_request FOR SELECT TO portal_auditor USING (true);
GRANT SELECT ON waiver_request TO portal_auditor;
CREATE POLICY waiver_request_unit_reads ON waiver_request FOR SELECT TO portal_app USING (unit_id = ANY (app.unit_ids()));
GRANT SELECT ON waiver_request TO portal_app;
CREATE POLICY waiver_request_unit_adds ON waiver_request FOR INSERT TO portal_app WITH CHECK (unit_id = ANY (app.unit_ids()));
GRANT INSERT ON waiver_request TO portal_app;
CREATE POLICY waiver_request_hq_reads ON waiver_request FOR SELECT TO portal_oversight USING (true);
GRANT SELECT ON waiver_request TO portal_oversight;
CREATE POLICY waiver_request_hq_adds ON waiver_request FOR INSERT TO portal_oversight WITH CHECK (true);
GRANT INSERT ON waiver_request TO portal_oversight;
CREATE POLICY waiver_request_unit_changes ON waiver_request FOR UPDATE TO portal_app USING (unit_id = ANY (app.unit_ids())) WITH CHECK (unit_id = ANY (app.unit_ids()));
CREATE POLICY waiver_request_admin_sees_none ON waiver_request FOR SELECT TO portal_administrator USING (false);
GRANT SELECT ON waiver_request TO portal_administrator;
CREATE POLICY waiver_request_hq_changes ON waiver_request FOR UPDATE TO portal_oversight USING (true) WITH CHECK (true);
GRANT UPDATE (withdrawn_at) ON waiver_request TO portal_app;
GRANT UPDATE (verdict, remark, decided_by_id, decided_at, withdrawn_at) ON waiver_request TO portal_oversight;
