CREATE TABLE supervision (
    id UUID NOT NULL,
    code TEXT NOT NULL,
    unit_id INTEGER NOT NULL,
    line TEXT,
    grade TEXT NOT NULL,
    words TEXT NOT NULL,
    about_kind TEXT,
    about_id UUID,
    first_term DATE NOT NULL,
    term DATE NOT NULL,
    state TEXT NOT NULL,
    round INTEGER NOT NULL,
    opened_by_id UUID NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    replied_on DATE,
    ended_at TIMESTAMP WITH TIME ZONE,
    reason TEXT NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_supervision PRIMARY KEY (id),
    CONSTRAINT uq_supervision_code UNIQUE (code),
    CONSTRAINT ck_supervision_line CHECK (line IN ('customer_service', 'market', 'enterprise', 'it', 'network')),
    CONSTRAINT ck_supervision_grade CHECK (grade IN ('ordinary', 'urgent', 'serious')),
    CONSTRAINT ck_supervision_state CHECK (state IN ('open', 'replied', 'closed', 'withdrawn')),
    CONSTRAINT ck_supervision_about_kind CHECK (about_kind IN ('assignment', 'filing', 'issue')),
    CONSTRAINT ck_supervision_about CHECK ((about_kind IS NULL) = (about_id IS NULL)),
    CONSTRAINT ck_supervision_ended CHECK ((state IN ('closed', 'withdrawn')) = (ended_at IS NOT NULL)),
    CONSTRAINT fk_supervision_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_supervision_opened_by_id FOREIGN KEY(opened_by_id) REFERENCES person (id)
);
CREATE INDEX ix_supervision_about ON supervision (about_kind, about_id);
CREATE INDEX ix_supervision_opened ON supervision (opened_at, id);
CREATE INDEX ix_supervision_unit ON supervision (unit_id, state);
CREATE UNIQUE INDEX uq_supervision_unfinished ON supervision (unit_id, about_id, line) NULLS NOT DISTINCT WHERE about_id IS NOT NULL AND state IN ('open', 'replied');
CREATE TABLE supervision_number (
    unit_id INTEGER NOT NULL,
    year INTEGER NOT NULL,
    last INTEGER NOT NULL,
    CONSTRAINT pk_supervision_number PRIMARY KEY (unit_id, year),
    CONSTRAINT fk_supervision_number_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id)
);
CREATE TABLE supervision_reply (
    id UUID NOT NULL,
    supervision_id UUID NOT NULL,
    round INTEGER NOT NULL,
    words TEXT NOT NULL,
    done_by DATE NOT NULL,
    term DATE NOT NULL,
    by_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    verdict TEXT,
    remark TEXT NOT NULL,
    judged_by_id UUID,
    judged_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_supervision_reply PRIMARY KEY (id),
    CONSTRAINT uq_supervision_reply_supervision_id_round UNIQUE (supervision_id, round),
    CONSTRAINT ck_supervision_reply_verdict CHECK (verdict IN ('accepted', 'returned')),
    CONSTRAINT ck_supervision_reply_judged CHECK ((verdict IS NULL) = (judged_at IS NULL)),
    CONSTRAINT fk_supervision_reply_supervision_id FOREIGN KEY(supervision_id) REFERENCES supervision (id),
    CONSTRAINT fk_supervision_reply_by_id FOREIGN KEY(by_id) REFERENCES person (id),
    CONSTRAINT fk_supervision_reply_judged_by_id FOREIGN KEY(judged_by_id) REFERENCES person (id)
);
