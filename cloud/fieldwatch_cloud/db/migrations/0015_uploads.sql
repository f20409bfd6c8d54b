-- Large media that nodes bring in parts, while they come and for some days after (docs/decisions/0038).

CREATE TABLE upload (
    media_id    uuid PRIMARY KEY,
    node_id     text NOT NULL REFERENCES node ON DELETE CASCADE,
    record      jsonb NOT NULL,                  -- messages.Media
    length      bigint NOT NULL CHECK (length > 0),
    received    bigint NOT NULL DEFAULT 0,       -- bytes that are safe on disk; the file may hold more of a cut part
    begun_at    timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    finished_at timestamptz,                     -- taken in as a picture; the row stays for a node that did not hear of it
    CHECK (received BETWEEN 0 AND length)
);
CREATE INDEX upload_node ON upload (node_id) WHERE finished_at IS NULL;
CREATE INDEX upload_expires ON upload (expires_at);
