CREATE TABLE bulletin (
    id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    year INTEGER,
    number INTEGER,
    title TEXT NOT NULL,
    words JSONB NOT NULL,
    picks JSONB NOT NULL,
    figures JSONB NOT NULL,
    as_of TIMESTAMP WITH TIME ZONE NOT NULL,
    receivers INTEGER[],
    parties INTEGER[] NOT NULL,
    state TEXT NOT NULL,
    composed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    composed_by_id UUID,
    published_at TIMESTAMP WITH TIME ZONE,
    published_by_id UUID,
    version INTEGER NOT NULL,
    CONSTRAINT pk_bulletin PRIMARY KEY (id),
    CONSTRAINT ck_bulletin_state CHECK (state IN ('draft', 'issued')),
    CONSTRAINT uq_bulletin_year_number UNIQUE (year, number),
    CONSTRAINT ck_bulletin_published CHECK ((state = 'issued') = (published_at IS NOT NULL)),
    CONSTRAINT ck_bulletin_numbered CHECK ((state = 'issued') = (number IS NOT NULL AND year IS NOT NULL)),
    CONSTRAINT ck_bulletin_parties CHECK ((state = 'issued') = (cardinality(parties) > 0)),
    CONSTRAINT fk_bulletin_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_bulletin_composed_by_id FOREIGN KEY(composed_by_id) REFERENCES person (id),
    CONSTRAINT fk_bulletin_published_by_id FOREIGN KEY(published_by_id) REFERENCES person (id)
);
CREATE INDEX ix_bulletin_composed ON bulletin (composed_at, id);
CREATE INDEX ix_bulletin_parties ON bulletin USING gin (parties);
CREATE TABLE bulletin_plan (
    id UUID NOT NULL,
    title TEXT NOT NULL,
    rhythm TEXT NOT NULL,
    working_day INTEGER NOT NULL,
    receivers INTEGER[],
    by_itself BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    done DATE,
    by_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_bulletin_plan PRIMARY KEY (id),
    CONSTRAINT ck_bulletin_plan_rhythm CHECK (rhythm IN ('month', 'quarter')),
    CONSTRAINT ck_bulletin_plan_working_day CHECK (working_day BETWEEN 1 AND 15),
    CONSTRAINT fk_bulletin_plan_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE TABLE bulletin_receipt (
    id UUID NOT NULL,
    bulletin_id UUID NOT NULL,
    unit_id INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    acknowledged_at TIMESTAMP WITH TIME ZONE,
    by_id UUID,
    chase_count INTEGER NOT NULL,
    chased_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_bulletin_receipt PRIMARY KEY (id),
    CONSTRAINT uq_bulletin_receipt_bulletin_id_unit_id UNIQUE (bulletin_id, unit_id),
    CONSTRAINT ck_bulletin_receipt_acknowledged CHECK ((acknowledged_at IS NULL) = (by_id IS NULL)),
    CONSTRAINT fk_bulletin_receipt_bulletin_id FOREIGN KEY(bulletin_id) REFERENCES bulletin (id),
    CONSTRAINT fk_bulletin_receipt_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT fk_bulletin_receipt_by_id FOREIGN KEY(by_id) REFERENCES person (id)
);
CREATE INDEX ix_bulletin_receipt_unit ON bulletin_receipt (unit_id, acknowledged_at);
