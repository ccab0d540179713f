CREATE TABLE bulletin_document (
    id UUID NOT NULL,
    bulletin_id UUID NOT NULL,
    language TEXT NOT NULL,
    content BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    CONSTRAINT pk_bulletin_document PRIMARY KEY (id),
    CONSTRAINT ck_bulletin_document_language CHECK (language IN ('zh', 'en')),
    CONSTRAINT uq_bulletin_document_bulletin_id_language UNIQUE (bulletin_id, language),
    CONSTRAINT ck_bulletin_document_digest CHECK (digest = sha256(content)),
    CONSTRAINT fk_bulletin_document_bulletin_id FOREIGN KEY(bulletin_id) REFERENCES bulletin (id)
);
