CREATE TABLE issue_limit (
    id UUID NOT NULL,
    severity TEXT NOT NULL,
    stage TEXT,
    respond_minutes INTEGER NOT NULL,
    resolve_minutes INTEGER NOT NULL,
    continuous BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_issue_limit PRIMARY KEY (id),
    CONSTRAINT uq_issue_limit_severity_stage UNIQUE NULLS NOT DISTINCT (severity, stage),
    CONSTRAINT ck_issue_limit_severity CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT ck_issue_limit_stage CHECK (stage IN ('launch', 'promotion', 'ordering', 'delivery', 'billing', 'complaint', 'discontinuation', 'other')),
    CONSTRAINT ck_issue_limit_minutes CHECK (respond_minutes > 0 AND resolve_minutes >= respond_minutes)
);
CREATE TABLE attachment (
    id UUID NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    by_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    name TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    key TEXT NOT NULL,
    part TEXT NOT NULL,
    removed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_attachment PRIMARY KEY (id),
    CONSTRAINT fk_attachment_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_attachment_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_attachment_subject ON attachment (subject_kind, subject_id);
CREATE UNIQUE INDEX uq_attachment_key ON attachment (key);
CREATE TABLE campaign (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    line TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    product TEXT NOT NULL,
    product_owner_id INTEGER,
    network BOOLEAN NOT NULL,
    lands_in INTEGER[] NOT NULL,
    starts DATE NOT NULL,
    ends DATE NOT NULL,
    segment TEXT NOT NULL,
    brand TEXT NOT NULL,
    business TEXT NOT NULL,
    rules_text TEXT NOT NULL,
    notice_text TEXT NOT NULL,
    training_on DATE,
    configured_network BOOLEAN NOT NULL,
    configured_in INTEGER[] NOT NULL,
    state TEXT NOT NULL,
    registered_by_id UUID NOT NULL,
    registered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    live_at TIMESTAMP WITH TIME ZONE,
    parties INTEGER[] NOT NULL,
    desks TEXT[] NOT NULL,
    everyone BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_campaign PRIMARY KEY (id),
    CONSTRAINT uq_campaign_unit_id_code UNIQUE (unit_id, code),
    CONSTRAINT ck_campaign_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_campaign_state CHECK (state IN ('draft', 'in_check', 'live', 'paused', 'ended')),
    CONSTRAINT ck_campaign_segment CHECK (segment IN ('C', 'H', 'N', 'B')),
    CONSTRAINT ck_campaign_business CHECK (business IN ('new', 'existing')),
    CONSTRAINT ck_campaign_period CHECK (ends >= starts),
    CONSTRAINT ck_campaign_launcher CHECK (unit_id = ANY (parties)),
    CONSTRAINT fk_campaign_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_campaign_product_owner_id FOREIGN KEY(product_owner_id) REFERENCES unit (id),
    CONSTRAINT fk_campaign_registered_by_id FOREIGN KEY(registered_by_id) REFERENCES person (id)
);
CREATE INDEX ix_campaign_desks ON campaign USING gin (desks);
CREATE INDEX ix_campaign_parties ON campaign USING gin (parties);
CREATE INDEX ix_campaign_state ON campaign (state, starts, id);
CREATE TABLE campaign_import (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    name TEXT NOT NULL,
    rows JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_campaign_import PRIMARY KEY (id),
    CONSTRAINT fk_campaign_import_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE INDEX ix_campaign_import_person_id ON campaign_import (person_id);
CREATE TABLE desk_exception (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    line TEXT NOT NULL,
    served_by TEXT NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_desk_exception PRIMARY KEY (id),
    CONSTRAINT uq_desk_exception_unit_id_line UNIQUE (unit_id, line),
    CONSTRAINT ck_desk_exception_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_desk_exception_served_by CHECK (served_by IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_desk_exception_other CHECK (served_by <> line),
    CONSTRAINT fk_desk_exception_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);
CREATE TABLE issue_number (
    unit_id INTEGER NOT NULL,
    year INTEGER NOT NULL,
    last INTEGER NOT NULL,
    CONSTRAINT pk_issue_number PRIMARY KEY (unit_id, year),
    CONSTRAINT fk_issue_number_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);
CREATE TABLE saved_filter (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    page TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_saved_filter PRIMARY KEY (id),
    CONSTRAINT uq_saved_filter_person_id_page_name UNIQUE (person_id, page, name),
    CONSTRAINT fk_saved_filter_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE TABLE campaign_check (
    id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    element TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    by_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_campaign_check PRIMARY KEY (id),
    CONSTRAINT ck_campaign_check_element CHECK (element IN ('rules', 'notices', 'documents', 'configuration', 'training')),
    CONSTRAINT ck_campaign_check_verdict CHECK (verdict IN ('pass', 'fail', 'not_applicable')),
    CONSTRAINT fk_campaign_check_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT fk_campaign_check_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_campaign_check_campaign ON campaign_check (campaign_id, at);
CREATE TABLE campaign_sync (
    id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    event TEXT NOT NULL,
    words TEXT NOT NULL,
    changes JSONB NOT NULL,
    by_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_campaign_sync PRIMARY KEY (id),
    CONSTRAINT ck_campaign_sync_event CHECK (event IN ('launch', 'change', 'pause', 'resume', 'end')),
    CONSTRAINT fk_campaign_sync_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT fk_campaign_sync_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_campaign_sync_campaign ON campaign_sync (campaign_id, at);
CREATE TABLE caution (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    line TEXT NOT NULL,
    campaign_id UUID NOT NULL,
    batch UUID NOT NULL,
    control_element TEXT NOT NULL,
    words TEXT NOT NULL,
    due DATE NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    affected BOOLEAN,
    finding TEXT NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    by_id UUID,
    version INTEGER NOT NULL,
    CONSTRAINT pk_caution PRIMARY KEY (id),
    CONSTRAINT ck_caution_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT uq_caution_campaign_id_batch UNIQUE (campaign_id, batch),
    CONSTRAINT fk_caution_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_caution_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT fk_caution_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_caution_unit ON caution (unit_id, answered_at, due);
CREATE TABLE issue (
    id UUID NOT NULL,
    code TEXT NOT NULL,
    campaign_id UUID,
    campaign_words TEXT NOT NULL,
    raised_by INTEGER NOT NULL,
    first_contact_id UUID NOT NULL,
    owner_unit INTEGER NOT NULL,
    owner_line TEXT NOT NULL,
    ruling_line TEXT NOT NULL,
    severity TEXT NOT NULL,
    stage TEXT NOT NULL,
    control_element TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    complaint_count INTEGER NOT NULL,
    state TEXT NOT NULL,
    disagreements INTEGER NOT NULL,
    ruling_due BOOLEAN NOT NULL,
    ruled BOOLEAN NOT NULL,
    reopened INTEGER NOT NULL,
    root_cause TEXT NOT NULL,
    solution TEXT NOT NULL,
    route_rule TEXT NOT NULL,
    route_facts JSONB NOT NULL,
    route_version INTEGER NOT NULL,
    raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
    responded_at TIMESTAMP WITH TIME ZONE,
    resolved_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    warned_at TIMESTAMP WITH TIME ZONE,
    chased_at TIMESTAMP WITH TIME ZONE,
    chase_count INTEGER NOT NULL,
    parent_id UUID,
    merged_into_id UUID,
    parties INTEGER[] NOT NULL,
    desks TEXT[] NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_issue PRIMARY KEY (id),
    CONSTRAINT uq_issue_raised_by_code UNIQUE (raised_by, code),
    CONSTRAINT ck_issue_owner_line CHECK (owner_line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_issue_ruling_line CHECK (ruling_line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_issue_severity CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT ck_issue_stage CHECK (stage IN ('launch', 'promotion', 'ordering', 'delivery', 'billing', 'complaint', 'discontinuation', 'other')),
    CONSTRAINT ck_issue_state CHECK (state IN ('routed', 'accepted', 'resolved', 'closed', 'withdrawn')),
    CONSTRAINT ck_issue_parties CHECK (owner_unit = ANY (parties) AND raised_by = ANY (parties)),
    CONSTRAINT ck_issue_complaint_count CHECK (complaint_count >= 0),
    CONSTRAINT fk_issue_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT fk_issue_raised_by FOREIGN KEY(raised_by) REFERENCES unit (id),
    CONSTRAINT fk_issue_first_contact_id FOREIGN KEY(first_contact_id) REFERENCES person (id),
    CONSTRAINT fk_issue_owner_unit FOREIGN KEY(owner_unit) REFERENCES unit (id),
    CONSTRAINT fk_issue_parent_id FOREIGN KEY(parent_id) REFERENCES issue (id),
    CONSTRAINT fk_issue_merged_into_id FOREIGN KEY(merged_into_id) REFERENCES issue (id)
);
CREATE INDEX ix_issue_campaign ON issue (campaign_id);
CREATE INDEX ix_issue_desks ON issue USING gin (desks);
CREATE INDEX ix_issue_owner ON issue (owner_unit, state);
CREATE INDEX ix_issue_parent ON issue (parent_id);
CREATE INDEX ix_issue_parties ON issue USING gin (parties);
CREATE INDEX ix_issue_raised_at ON issue (raised_at, id);
CREATE INDEX ix_issue_raised_by ON issue (raised_by, raised_at);
CREATE TABLE campaign_receipt (
    id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    sync_id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    line TEXT NOT NULL,
    parties INTEGER[] NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    acknowledged_at TIMESTAMP WITH TIME ZONE,
    by_id UUID,
    chased_at TIMESTAMP WITH TIME ZONE,
    chase_count INTEGER NOT NULL,
    CONSTRAINT pk_campaign_receipt PRIMARY KEY (id),
    CONSTRAINT uq_campaign_receipt_sync_id_unit_id UNIQUE (sync_id, unit_id),
    CONSTRAINT ck_campaign_receipt_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT fk_campaign_receipt_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
    CONSTRAINT fk_campaign_receipt_sync_id FOREIGN KEY(sync_id) REFERENCES campaign_sync (id),
    CONSTRAINT fk_campaign_receipt_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_campaign_receipt_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_campaign_receipt_campaign ON campaign_receipt (campaign_id);
CREATE INDEX ix_campaign_receipt_open ON campaign_receipt (unit_id, at) WHERE acknowledged_at IS NULL;
CREATE INDEX ix_campaign_receipt_parties ON campaign_receipt USING gin (parties);
CREATE TABLE caution_origin (
    id UUID NOT NULL,
    caution_id UUID NOT NULL,
    issue_id UUID NOT NULL,
    CONSTRAINT pk_caution_origin PRIMARY KEY (id),
    CONSTRAINT uq_caution_origin_caution_id UNIQUE (caution_id),
    CONSTRAINT fk_caution_origin_caution_id FOREIGN KEY(caution_id) REFERENCES caution (id),
    CONSTRAINT fk_caution_origin_issue_id FOREIGN KEY(issue_id) REFERENCES issue (id)
);
CREATE INDEX ix_caution_origin_issue ON caution_origin (issue_id);
CREATE TABLE issue_comment (
    id UUID NOT NULL,
    issue_id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    by_id UUID NOT NULL,
    on_behalf_of_id UUID,
    role TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    mentions TEXT[] NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_issue_comment PRIMARY KEY (id),
    CONSTRAINT ck_issue_comment_kind CHECK (kind IN ('comment', 'question', 'answer')),
    CONSTRAINT fk_issue_comment_issue_id FOREIGN KEY(issue_id) REFERENCES issue (id),
    CONSTRAINT fk_issue_comment_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_issue_comment_by_id FOREIGN KEY(by_id) REFERENCES person (id),
    CONSTRAINT fk_issue_comment_on_behalf_of_id FOREIGN KEY(on_behalf_of_id) REFERENCES person (id)
);
CREATE INDEX ix_issue_comment_issue ON issue_comment (issue_id, at);
CREATE TABLE issue_link (
    id UUID NOT NULL,
    issue_id UUID NOT NULL,
    other_id UUID NOT NULL,
    by_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_issue_link PRIMARY KEY (id),
    CONSTRAINT uq_issue_link_issue_id_other_id UNIQUE (issue_id, other_id),
    CONSTRAINT ck_issue_link_two CHECK (issue_id <> other_id),
    CONSTRAINT fk_issue_link_issue_id FOREIGN KEY(issue_id) REFERENCES issue (id),
    CONSTRAINT fk_issue_link_other_id FOREIGN KEY(other_id) REFERENCES issue (id),
    CONSTRAINT fk_issue_link_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_issue_link_other ON issue_link (other_id);
CREATE TABLE issue_party (
    id UUID NOT NULL,
    issue_id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    line TEXT NOT NULL,
    part TEXT NOT NULL,
    by_id UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_issue_party PRIMARY KEY (id),
    CONSTRAINT uq_issue_party_issue_id_unit_id_line_part UNIQUE (issue_id, unit_id, line, part),
    CONSTRAINT ck_issue_party_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_issue_party_part CHECK (part IN ('raising', 'owner', 'cooperating', 'supervising')),
    CONSTRAINT fk_issue_party_issue_id FOREIGN KEY(issue_id) REFERENCES issue (id),
    CONSTRAINT fk_issue_party_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_issue_party_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE TABLE issue_turn (
    id UUID NOT NULL,
    issue_id UUID NOT NULL,
    position INTEGER NOT NULL,
    unit_id INTEGER NOT NULL,
    line TEXT NOT NULL,
    start TEXT NOT NULL,
    reason TEXT NOT NULL,
    by_id UUID,
    begun_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_issue_turn PRIMARY KEY (id),
    CONSTRAINT uq_issue_turn_issue_id_position UNIQUE (issue_id, position),
    CONSTRAINT ck_issue_turn_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_issue_turn_start CHECK (start IN ('routed', 'handed_over', 'declined', 'ruled', 'identified', 'succeeded')),
    CONSTRAINT fk_issue_turn_issue_id FOREIGN KEY(issue_id) REFERENCES issue (id),
    CONSTRAINT fk_issue_turn_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_issue_turn_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE TABLE issue_wait (
    id UUID NOT NULL,
    issue_id UUID NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_issue_wait PRIMARY KEY (id),
    CONSTRAINT fk_issue_wait_issue_id FOREIGN KEY(issue_id) REFERENCES issue (id)
);
CREATE INDEX ix_issue_wait_issue ON issue_wait (issue_id, begun_at);
