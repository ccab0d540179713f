CREATE TABLE delivery (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    name TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    until DATE NOT NULL,
    size INTEGER NOT NULL,
    key TEXT NOT NULL,
    CONSTRAINT pk_delivery PRIMARY KEY (id),
    CONSTRAINT fk_delivery_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE INDEX ix_delivery_person ON delivery (person_id, at);
CREATE UNIQUE INDEX uq_delivery_key ON delivery (key);
CREATE TABLE subscription (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    appointment_id UUID NOT NULL,
    page TEXT NOT NULL,
    query TEXT NOT NULL,
    name TEXT NOT NULL,
    rhythm TEXT NOT NULL,
    language TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    next_on DATE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_subscription PRIMARY KEY (id),
    CONSTRAINT ck_subscription_rhythm CHECK (rhythm IN ('week', 'month')),
    CONSTRAINT fk_subscription_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE INDEX ix_subscription_next ON subscription (next_on) WHERE active;
CREATE INDEX ix_subscription_person ON subscription (person_id);
