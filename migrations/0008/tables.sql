CREATE TABLE calendar_feed (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    digest BYTEA NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_calendar_feed PRIMARY KEY (id),
    CONSTRAINT fk_calendar_feed_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT uq_calendar_feed_digest UNIQUE (digest)
);
CREATE UNIQUE INDEX uq_calendar_feed_person ON calendar_feed (person_id);
