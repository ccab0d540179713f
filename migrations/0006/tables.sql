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
