CREATE TABLE focus (
    id UUID NOT NULL,
    category TEXT NOT NULL,
    process TEXT NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_focus PRIMARY KEY (id),
    CONSTRAINT ck_focus_category CHECK (category IN ('product_support', 'market_expansion', 'capability_support')),
    CONSTRAINT ck_focus_process CHECK (process IN ('product_life_cycle', 'customer_consumption', 'problem_response', 'network_service')),
    CONSTRAINT uq_focus_category UNIQUE (category)
);
CREATE TABLE person (
    id UUID NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    language TEXT NOT NULL,
    left_on DATE,
    version INTEGER NOT NULL,
    CONSTRAINT pk_person PRIMARY KEY (id)
);
CREATE UNIQUE INDEX uq_person_email ON person (lower(email));
CREATE TABLE programme (
    id UUID NOT NULL,
    year INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    theme TEXT NOT NULL,
    theme_zh TEXT NOT NULL,
    goals TEXT NOT NULL,
    goals_zh TEXT NOT NULL,
    state TEXT NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    CONSTRAINT pk_programme PRIMARY KEY (id),
    CONSTRAINT ck_programme_state CHECK (state IN ('draft', 'issued', 'ended')),
    CONSTRAINT ck_programme_year CHECK (year BETWEEN 2000 AND 2100),
    CONSTRAINT uq_programme_year UNIQUE (year)
);
CREATE TABLE responsibility (
    id UUID NOT NULL,
    line TEXT NOT NULL,
    process TEXT NOT NULL,
    duty TEXT NOT NULL,
    segments TEXT NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_responsibility PRIMARY KEY (id),
    CONSTRAINT uq_responsibility_line_process UNIQUE (line, process),
    CONSTRAINT ck_responsibility_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_responsibility_process CHECK (process IN ('product_life_cycle', 'customer_consumption', 'problem_response', 'network_service')),
    CONSTRAINT ck_responsibility_duty CHECK (duty IN ('coordinate', 'lead', 'support', 'cooperate'))
);
CREATE TABLE setting (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    value JSONB NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_setting PRIMARY KEY (id),
    CONSTRAINT uq_setting_name UNIQUE (name)
);
CREATE TABLE term (
    id UUID NOT NULL,
    vocabulary TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    note TEXT NOT NULL,
    note_zh TEXT NOT NULL,
    parent TEXT,
    position INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_term PRIMARY KEY (id),
    CONSTRAINT uq_term_vocabulary_code UNIQUE (vocabulary, code)
);
CREATE TABLE unit (
    id INTEGER NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    category TEXT,
    name TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    short_zh TEXT NOT NULL,
    parent_id INTEGER,
    position INTEGER NOT NULL,
    closed_on DATE,
    merged_into_id INTEGER,
    version INTEGER NOT NULL,
    CONSTRAINT pk_unit PRIMARY KEY (id),
    CONSTRAINT ck_unit_kind CHECK (kind IN ('headquarters', 'province', 'specialised_company')),
    CONSTRAINT ck_unit_category CHECK (category IN ('product_support', 'market_expansion', 'capability_support')),
    CONSTRAINT uq_unit_code UNIQUE (code),
    CONSTRAINT fk_unit_parent_id FOREIGN KEY(parent_id) REFERENCES unit (id),
    CONSTRAINT fk_unit_merged_into_id FOREIGN KEY(merged_into_id) REFERENCES unit (id)
);
CREATE TABLE access_token (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    digest BYTEA NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_access_token PRIMARY KEY (id),
    CONSTRAINT fk_access_token_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT uq_access_token_digest UNIQUE (digest)
);
CREATE TABLE account (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    password TEXT,
    active BOOLEAN NOT NULL,
    fs_uniquifier TEXT NOT NULL,
    one_time BOOLEAN NOT NULL,
    CONSTRAINT pk_account PRIMARY KEY (id),
    CONSTRAINT uq_account_person_id UNIQUE (person_id),
    CONSTRAINT fk_account_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT uq_account_fs_uniquifier UNIQUE (fs_uniquifier)
);
CREATE TABLE appointment (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    role TEXT NOT NULL,
    line TEXT,
    deputy BOOLEAN NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    version INTEGER NOT NULL,
    CONSTRAINT pk_appointment PRIMARY KEY (id),
    CONSTRAINT ck_appointment_role CHECK (role IN ('hq_leader', 'hq_office', 'hq_line_lead', 'unit_head', 'unit_contact', 'line_owner', 'member', 'assessor', 'auditor', 'administrator')),
    CONSTRAINT ck_appointment_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_appointment_period CHECK (valid_until IS NULL OR valid_until >= valid_from),
    CONSTRAINT fk_appointment_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_appointment_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);
CREATE INDEX ix_appointment_person ON appointment (person_id);
CREATE INDEX ix_appointment_unit ON appointment (unit_id, role);
CREATE TABLE assignment (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    programme_id UUID NOT NULL,
    year INTEGER NOT NULL,
    code TEXT NOT NULL,
    template_kind TEXT NOT NULL,
    line TEXT NOT NULL,
    process TEXT,
    milestone TEXT NOT NULL,
    milestone_due DATE NOT NULL,
    title TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    deliverable TEXT NOT NULL,
    deliverable_zh TEXT NOT NULL,
    evidence TEXT NOT NULL,
    evidence_zh TEXT NOT NULL,
    promised TEXT NOT NULL,
    measure TEXT NOT NULL,
    owner_id UUID,
    start DATE,
    due DATE NOT NULL,
    original_due DATE NOT NULL,
    percent INTEGER NOT NULL,
    state TEXT NOT NULL,
    reported_on DATE,
    handed_in_on DATE,
    closed_on DATE,
    chased_at TIMESTAMP WITH TIME ZONE,
    chase_count INTEGER NOT NULL,
    position INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_assignment PRIMARY KEY (id),
    CONSTRAINT uq_assignment_unit_id_programme_id_code UNIQUE (unit_id, programme_id, code),
    CONSTRAINT ck_assignment_state CHECK (state IN ('open', 'handed_in', 'closed', 'cancelled')),
    CONSTRAINT ck_assignment_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_assignment_process CHECK (process IN ('product_life_cycle', 'customer_consumption', 'problem_response', 'network_service')),
    CONSTRAINT ck_assignment_milestone CHECK (milestone IN ('kick_off', 'sorting', 'improvement', 'assessment', 'systems_converted', 'systems_built')),
    CONSTRAINT ck_assignment_percent CHECK (percent BETWEEN 0 AND 100),
    CONSTRAINT fk_assignment_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_assignment_programme_id FOREIGN KEY(programme_id) REFERENCES programme (id),
    CONSTRAINT fk_assignment_owner_id FOREIGN KEY(owner_id) REFERENCES person (id)
);
CREATE INDEX ix_assignment_board ON assignment (programme_id, milestone, unit_id);
CREATE TABLE audit_entry (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    by UUID,
    on_behalf_of UUID,
    role TEXT,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    changes JSONB NOT NULL,
    seq BIGINT,
    prev BYTEA,
    hash BYTEA,
    CONSTRAINT pk_audit_entry PRIMARY KEY (id),
    CONSTRAINT fk_audit_entry_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);
CREATE INDEX ix_audit_entry_at ON audit_entry (at, id);
CREATE INDEX ix_audit_entry_subject ON audit_entry (subject_kind, subject_id, at);
CREATE UNIQUE INDEX uq_audit_entry_chain ON audit_entry (unit_id, seq);
CREATE TABLE audit_head (
    unit_id INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_audit_head PRIMARY KEY (unit_id),
    CONSTRAINT fk_audit_head_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);
CREATE TABLE filing (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    programme_id UUID NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    mechanism TEXT NOT NULL,
    team TEXT NOT NULL,
    contacts JSONB NOT NULL,
    readiness JSONB NOT NULL,
    general_verdict TEXT NOT NULL,
    due DATE NOT NULL,
    round INTEGER NOT NULL,
    first_submitted_at TIMESTAMP WITH TIME ZONE,
    submitted_at TIMESTAMP WITH TIME ZONE,
    approved_at TIMESTAMP WITH TIME ZONE,
    saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    saved_by_id UUID,
    version INTEGER NOT NULL,
    CONSTRAINT pk_filing PRIMARY KEY (id),
    CONSTRAINT uq_filing_unit_id_programme_id_number UNIQUE (unit_id, programme_id, number),
    CONSTRAINT ck_filing_state CHECK (state IN ('draft', 'submitted', 'returned', 'approved', 'superseded')),
    CONSTRAINT ck_filing_general_verdict CHECK (general_verdict IN ('pending', 'approved', 'returned')),
    CONSTRAINT fk_filing_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_filing_programme_id FOREIGN KEY(programme_id) REFERENCES programme (id),
    CONSTRAINT fk_filing_saved_by_id FOREIGN KEY(saved_by_id) REFERENCES person (id)
);
CREATE INDEX ix_filing_programme_id ON filing (programme_id);
CREATE TABLE liaison (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    part TEXT NOT NULL,
    line TEXT,
    person_id UUID NOT NULL,
    CONSTRAINT pk_liaison PRIMARY KEY (id),
    CONSTRAINT ck_liaison_part CHECK (part IN ('contact', 'deputy', 'counterpart')),
    CONSTRAINT ck_liaison_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT fk_liaison_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_liaison_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE INDEX ix_liaison_unit ON liaison (unit_id);
CREATE TABLE mail (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    person_id UUID NOT NULL,
    message_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_to TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_mail PRIMARY KEY (id),
    CONSTRAINT uq_mail_message_id_person_id UNIQUE (message_id, person_id),
    CONSTRAINT fk_mail_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_mail_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE INDEX ix_mail_person ON mail (person_id, at);
CREATE TABLE milestone (
    id UUID NOT NULL,
    programme_id UUID NOT NULL,
    code TEXT NOT NULL,
    due DATE NOT NULL,
    title TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT pk_milestone PRIMARY KEY (id),
    CONSTRAINT uq_milestone_programme_id_code UNIQUE (programme_id, code),
    CONSTRAINT ck_milestone_code CHECK (code IN ('kick_off', 'sorting', 'improvement', 'assessment', 'systems_converted', 'systems_built')),
    CONSTRAINT fk_milestone_programme_id FOREIGN KEY(programme_id) REFERENCES programme (id)
);
CREATE TABLE notice (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    person_id UUID NOT NULL,
    message_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    text TEXT NOT NULL,
    params JSONB NOT NULL,
    url TEXT NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_notice PRIMARY KEY (id),
    CONSTRAINT uq_notice_message_id_person_id UNIQUE (message_id, person_id),
    CONSTRAINT fk_notice_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_notice_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE INDEX ix_notice_person ON notice (person_id, at);
CREATE INDEX ix_notice_unread ON notice (person_id) WHERE read_at IS NULL;
CREATE TABLE outbox_message (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    topic TEXT NOT NULL,
    payload JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE NOT NULL,
    attempts INTEGER NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE,
    parked_at TIMESTAMP WITH TIME ZONE,
    error TEXT,
    CONSTRAINT pk_outbox_message PRIMARY KEY (id),
    CONSTRAINT fk_outbox_message_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);
CREATE INDEX ix_outbox_message_open ON outbox_message (unit_id, next_at) WHERE done_at IS NULL;
CREATE TABLE stored_answer (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    key TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    status INTEGER NOT NULL,
    etag TEXT,
    location TEXT,
    body BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_stored_answer PRIMARY KEY (id),
    CONSTRAINT uq_stored_answer_person_id_key_method_path UNIQUE (person_id, key, method, path),
    CONSTRAINT fk_stored_answer_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE TABLE template (
    id UUID NOT NULL,
    programme_id UUID NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    line TEXT NOT NULL,
    process TEXT,
    milestone TEXT NOT NULL,
    due DATE NOT NULL,
    title TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    deliverable TEXT NOT NULL,
    deliverable_zh TEXT NOT NULL,
    evidence TEXT NOT NULL,
    evidence_zh TEXT NOT NULL,
    targets JSONB NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT pk_template PRIMARY KEY (id),
    CONSTRAINT uq_template_programme_id_code UNIQUE (programme_id, code),
    CONSTRAINT ck_template_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_template_process CHECK (process IN ('product_life_cycle', 'customer_consumption', 'problem_response', 'network_service')),
    CONSTRAINT ck_template_milestone CHECK (milestone IN ('kick_off', 'sorting', 'improvement', 'assessment', 'systems_converted', 'systems_built')),
    CONSTRAINT ck_template_kind CHECK (kind IN ('task', 'plan_filing', 'system')),
    CONSTRAINT fk_template_programme_id FOREIGN KEY(programme_id) REFERENCES programme (id)
);
CREATE TABLE delegation (
    id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    person_id UUID NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE NOT NULL,
    CONSTRAINT pk_delegation PRIMARY KEY (id),
    CONSTRAINT ck_delegation_period CHECK (valid_until >= valid_from),
    CONSTRAINT fk_delegation_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id),
    CONSTRAINT fk_delegation_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE INDEX ix_delegation_person ON delegation (person_id);
CREATE TABLE filing_item (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    filing_id UUID NOT NULL,
    assignment_id UUID NOT NULL,
    line TEXT NOT NULL,
    owner_id UUID,
    start DATE,
    due DATE,
    deliverable TEXT NOT NULL,
    measure TEXT NOT NULL,
    verdict TEXT NOT NULL,
    CONSTRAINT pk_filing_item PRIMARY KEY (id),
    CONSTRAINT uq_filing_item_filing_id_assignment_id UNIQUE (filing_id, assignment_id),
    CONSTRAINT ck_filing_item_verdict CHECK (verdict IN ('pending', 'approved', 'returned')),
    CONSTRAINT ck_filing_item_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT fk_filing_item_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_filing_item_filing_id FOREIGN KEY(filing_id) REFERENCES filing (id),
    CONSTRAINT fk_filing_item_assignment_id FOREIGN KEY(assignment_id) REFERENCES assignment (id),
    CONSTRAINT fk_filing_item_owner_id FOREIGN KEY(owner_id) REFERENCES person (id)
);
CREATE INDEX ix_filing_item_unit_id ON filing_item (unit_id);
CREATE TABLE filing_review (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    filing_id UUID NOT NULL,
    round INTEGER NOT NULL,
    line TEXT NOT NULL,
    verdict TEXT NOT NULL,
    remark TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_id UUID,
    CONSTRAINT pk_filing_review PRIMARY KEY (id),
    CONSTRAINT ck_filing_review_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_filing_review_verdict CHECK (verdict IN ('approve', 'return')),
    CONSTRAINT fk_filing_review_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_filing_review_filing_id FOREIGN KEY(filing_id) REFERENCES filing (id),
    CONSTRAINT fk_filing_review_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_filing_review_filing ON filing_review (filing_id, at);
CREATE INDEX ix_filing_review_unit_id ON filing_review (unit_id);
CREATE TABLE filing_submission (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    filing_id UUID NOT NULL,
    round INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_id UUID,
    content JSONB NOT NULL,
    CONSTRAINT pk_filing_submission PRIMARY KEY (id),
    CONSTRAINT uq_filing_submission_filing_id_round UNIQUE (filing_id, round),
    CONSTRAINT fk_filing_submission_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_filing_submission_filing_id FOREIGN KEY(filing_id) REFERENCES filing (id),
    CONSTRAINT fk_filing_submission_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_filing_submission_unit_id ON filing_submission (unit_id);
CREATE TABLE progress_report (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    assignment_id UUID NOT NULL,
    percent INTEGER NOT NULL,
    text TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_id UUID,
    CONSTRAINT pk_progress_report PRIMARY KEY (id),
    CONSTRAINT ck_progress_report_percent CHECK (percent BETWEEN 0 AND 100),
    CONSTRAINT fk_progress_report_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_progress_report_assignment_id FOREIGN KEY(assignment_id) REFERENCES assignment (id),
    CONSTRAINT fk_progress_report_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_progress_report_assignment ON progress_report (assignment_id, at);
CREATE INDEX ix_progress_report_unit_id ON progress_report (unit_id);
CREATE TABLE filing_note (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    filing_id UUID NOT NULL,
    item_id UUID,
    review_id UUID,
    round INTEGER NOT NULL,
    line TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_id UUID,
    CONSTRAINT pk_filing_note PRIMARY KEY (id),
    CONSTRAINT ck_filing_note_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_filing_note_kind CHECK (kind IN ('remark', 'question', 'answer')),
    CONSTRAINT fk_filing_note_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_filing_note_filing_id FOREIGN KEY(filing_id) REFERENCES filing (id),
    CONSTRAINT fk_filing_note_item_id FOREIGN KEY(item_id) REFERENCES filing_item (id),
    CONSTRAINT fk_filing_note_review_id FOREIGN KEY(review_id) REFERENCES filing_review (id),
    CONSTRAINT fk_filing_note_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_filing_note_filing ON filing_note (filing_id, at);
CREATE INDEX ix_filing_note_unit_id ON filing_note (unit_id);
