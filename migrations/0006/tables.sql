CREATE TABLE reminder_rung (
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    step INTEGER NOT NULL,
    span TEXT NOT NULL,
    whom TEXT NOT NULL,
    channel TEXT NOT NULL,
    CONSTRAINT pk_reminder_rung PRIMARY KEY (id),
    CONSTRAINT uq_reminder_rung_kind_step_span_whom UNIQUE (kind, step, span, whom),
    CONSTRAINT ck_reminder_rung_kind CHECK (kind IN ('filing', 'review', 'assignment', 'verification', 'extension', 'respond', 'resolve', 'receipt')),
    CONSTRAINT ck_reminder_rung_span CHECK (span IN ('day', 'hour')),
    CONSTRAINT ck_reminder_rung_whom CHECK (whom IN ('owner', 'deputy', 'line_owner', 'contact', 'unit_head', 'hq_line', 'office', 'leadership')),
    CONSTRAINT ck_reminder_rung_channel CHECK (channel IN ('at_once', 'digest')),
    CONSTRAINT ck_reminder_rung_step CHECK (step BETWEEN -250 AND 250)
);
CREATE TABLE reminder (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    kind TEXT NOT NULL,
    part TEXT NOT NULL,
    round TEXT NOT NULL,
    rung TEXT NOT NULL,
    people UUID[] NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_reminder PRIMARY KEY (id),
    CONSTRAINT uq_reminder_subject_id_kind_part_round_rung UNIQUE (subject_id, kind, part, round, rung),
    CONSTRAINT ck_reminder_kind CHECK (kind IN ('filing', 'review', 'assignment', 'verification', 'extension', 'respond', 'resolve', 'receipt')),
    CONSTRAINT fk_reminder_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);
CREATE INDEX ix_reminder_unit ON reminder (unit_id, at);
CREATE TABLE extension (
    due_before DATE NOT NULL,
    due DATE NOT NULL,
    blocking_unit_id INTEGER,
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
    CONSTRAINT pk_extension PRIMARY KEY (id),
    CONSTRAINT ck_extension_verdict CHECK (verdict IN ('granted', 'declined')),
    CONSTRAINT ck_extension_decided CHECK ((verdict IS NULL) = (decided_at IS NULL)),
    CONSTRAINT ck_extension_one_end CHECK (verdict IS NULL OR withdrawn_at IS NULL),
    CONSTRAINT ck_extension_later CHECK (due > due_before),
    CONSTRAINT fk_extension_blocking_unit_id FOREIGN KEY(blocking_unit_id) REFERENCES unit (id),
    CONSTRAINT fk_extension_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_extension_assignment_id FOREIGN KEY(assignment_id) REFERENCES assignment (id),
    CONSTRAINT fk_extension_asked_by_id FOREIGN KEY(asked_by_id) REFERENCES person (id),
    CONSTRAINT fk_extension_decided_by_id FOREIGN KEY(decided_by_id) REFERENCES person (id)
);
CREATE INDEX ix_extension_assignment ON extension (assignment_id, asked_at);
CREATE UNIQUE INDEX ix_extension_open ON extension (assignment_id) WHERE verdict IS NULL AND withdrawn_at IS NULL;
CREATE INDEX ix_extension_unit_id ON extension (unit_id);
-- How often an assignment was returned: each round climbs the ladder anew.
ALTER TABLE assignment ADD COLUMN round INTEGER NOT NULL DEFAULT 1;
CREATE INDEX ix_assignment_open ON assignment (unit_id, id) WHERE state = 'open';
