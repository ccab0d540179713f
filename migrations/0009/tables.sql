CREATE TABLE meeting (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    line TEXT,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    place TEXT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    parties INTEGER[] NOT NULL,
    agenda JSONB NOT NULL,
    state TEXT NOT NULL,
    minutes TEXT NOT NULL,
    convened_by_id UUID NOT NULL,
    convened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE,
    published_by_id UUID,
    version INTEGER NOT NULL,
    CONSTRAINT pk_meeting PRIMARY KEY (id),
    CONSTRAINT ck_meeting_kind CHECK (kind IN ('topic', 'exchange', 'visit')),
    CONSTRAINT ck_meeting_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_meeting_state CHECK (state IN ('called', 'published', 'cancelled')),
    CONSTRAINT ck_meeting_period CHECK (ends_at > starts_at),
    CONSTRAINT ck_meeting_published CHECK ((state = 'published') = (published_at IS NOT NULL)),
    CONSTRAINT fk_meeting_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_meeting_convened_by_id FOREIGN KEY(convened_by_id) REFERENCES person (id),
    CONSTRAINT fk_meeting_published_by_id FOREIGN KEY(published_by_id) REFERENCES person (id)
);
CREATE INDEX ix_meeting_parties ON meeting USING gin (parties);
CREATE INDEX ix_meeting_starts ON meeting (starts_at, id);
CREATE TABLE meeting_addendum (
    id UUID NOT NULL,
    meeting_id UUID NOT NULL,
    text TEXT NOT NULL,
    by_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_meeting_addendum PRIMARY KEY (id),
    CONSTRAINT fk_meeting_addendum_meeting_id FOREIGN KEY(meeting_id) REFERENCES meeting (id),
    CONSTRAINT fk_meeting_addendum_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_meeting_addendum_meeting ON meeting_addendum (meeting_id);
CREATE TABLE meeting_decision (
    id UUID NOT NULL,
    meeting_id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    line TEXT NOT NULL,
    title TEXT NOT NULL,
    deliverable TEXT NOT NULL,
    due DATE NOT NULL,
    owner_id UUID,
    assignment_id UUID,
    by_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_meeting_decision PRIMARY KEY (id),
    CONSTRAINT ck_meeting_decision_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT uq_meeting_decision_assignment_id UNIQUE (assignment_id),
    CONSTRAINT fk_meeting_decision_meeting_id FOREIGN KEY(meeting_id) REFERENCES meeting (id),
    CONSTRAINT fk_meeting_decision_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_meeting_decision_owner_id FOREIGN KEY(owner_id) REFERENCES person (id),
    CONSTRAINT fk_meeting_decision_assignment_id FOREIGN KEY(assignment_id) REFERENCES assignment (id),
    CONSTRAINT fk_meeting_decision_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_meeting_decision_meeting ON meeting_decision (meeting_id);
CREATE TABLE meeting_invitation (
    id UUID NOT NULL,
    meeting_id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    answer TEXT,
    words TEXT NOT NULL,
    by_id UUID,
    answered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_meeting_invitation PRIMARY KEY (id),
    CONSTRAINT uq_meeting_invitation_meeting_id_unit_id UNIQUE (meeting_id, unit_id),
    CONSTRAINT ck_meeting_invitation_answer CHECK (answer IN ('comes', 'sends', 'excused')),
    CONSTRAINT ck_meeting_invitation_answered CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CONSTRAINT fk_meeting_invitation_meeting_id FOREIGN KEY(meeting_id) REFERENCES meeting (id),
    CONSTRAINT fk_meeting_invitation_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_meeting_invitation_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_meeting_invitation_unit ON meeting_invitation (unit_id, answer);
