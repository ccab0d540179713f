CREATE TABLE reminder_answer (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    reminder_id UUID NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    kind TEXT NOT NULL,
    part TEXT NOT NULL,
    round TEXT NOT NULL,
    person_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    answer TEXT NOT NULL,
    words TEXT NOT NULL,
    due DATE,
    blocking_id INTEGER,
    by_link BOOLEAN NOT NULL,
    CONSTRAINT pk_reminder_answer PRIMARY KEY (id),
    CONSTRAINT ck_reminder_answer_answer CHECK (answer IN ('done', 'need_time', 'blocked', 'not_mine')),
    CONSTRAINT fk_reminder_answer_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_reminder_answer_reminder_id FOREIGN KEY(reminder_id) REFERENCES reminder (id),
    CONSTRAINT fk_reminder_answer_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_reminder_answer_blocking_id FOREIGN KEY(blocking_id) REFERENCES unit (id)
);
CREATE INDEX ix_reminder_answer_subject ON reminder_answer (subject_id, at);
CREATE INDEX ix_reminder_answer_unit ON reminder_answer (unit_id, at);
CREATE UNIQUE INDEX uq_reminder_answer_link ON reminder_answer (reminder_id, person_id) WHERE by_link;
