CREATE TABLE periodic_task (
    id UUID NOT NULL,
    task TEXT NOT NULL,
    schedule TEXT NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_periodic_task PRIMARY KEY (id),
    CONSTRAINT uq_periodic_task_task UNIQUE (task)
);
CREATE TABLE task_run (
    id UUID NOT NULL,
    task TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    seconds DOUBLE PRECISION,
    longest DOUBLE PRECISION,
    counts JSONB NOT NULL,
    error TEXT,
    runs INTEGER NOT NULL,
    CONSTRAINT pk_task_run PRIMARY KEY (id)
);
CREATE INDEX ix_task_run_task ON task_run (task, started_at);
CREATE TABLE channel (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    host TEXT NOT NULL,
    kinds TEXT[] NOT NULL,
    lines TEXT[] NOT NULL,
    language TEXT NOT NULL,
    words BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    changed_by UUID,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    said_at TIMESTAMP WITH TIME ZONE,
    fault TEXT,
    CONSTRAINT pk_channel PRIMARY KEY (id),
    CONSTRAINT ck_channel_kind CHECK (kind IN ('wecom', 'dingtalk', 'feishu', 'webhook')),
    CONSTRAINT fk_channel_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_channel_changed_by FOREIGN KEY(changed_by) REFERENCES person (id)
);
CREATE INDEX ix_channel_unit ON channel (unit_id);
CREATE TABLE notice_preference (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    kind TEXT NOT NULL,
    mode TEXT NOT NULL,
    CONSTRAINT pk_notice_preference PRIMARY KEY (id),
    CONSTRAINT uq_notice_preference_person_id_kind UNIQUE (person_id, kind),
    CONSTRAINT ck_notice_preference_mode CHECK (mode IN ('in_app', 'daily', 'at_once')),
    CONSTRAINT fk_notice_preference_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE TABLE task_request (
    id UUID NOT NULL,
    task TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    asked_by UUID NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    taken_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_task_request PRIMARY KEY (id),
    CONSTRAINT fk_task_request_asked_by FOREIGN KEY(asked_by) REFERENCES person (id)
);

-- What a notice is of and about, and whether it waits for the letter of a day; a letter that was not sent after all.
ALTER TABLE notice ADD COLUMN kind TEXT, ADD COLUMN subject_kind TEXT, ADD COLUMN subject_id UUID,
  ADD COLUMN digest_at TIMESTAMP WITH TIME ZONE, ADD COLUMN digested_at TIMESTAMP WITH TIME ZONE;
CREATE INDEX ix_notice_subject ON notice (person_id, subject_id);
CREATE INDEX ix_notice_digest ON notice (person_id) WHERE digest_at IS NOT NULL AND digested_at IS NULL;
ALTER TABLE mail ADD COLUMN withheld_at TIMESTAMP WITH TIME ZONE;
-- Of a topic with a key a unit gets one message.
ALTER TABLE outbox_message ADD COLUMN key TEXT, ADD CONSTRAINT uq_outbox_message_unit_id_topic_key UNIQUE (unit_id, topic, key);
