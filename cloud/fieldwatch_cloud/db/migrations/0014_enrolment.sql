-- Nodes that hold a certificate of the reserve's own authority: how they are let in, and put out again.

-- A node that was enrolled has no password.
ALTER TABLE node ALTER COLUMN mqtt_password_hash DROP NOT NULL;
-- Put out: neither a certificate, a password nor a session of before lets it in. A new enrolment clears it.
ALTER TABLE node ADD COLUMN revoked_at timestamptz;
-- What the box said of itself when it was enrolled.
ALTER TABLE node ADD COLUMN hardware jsonb;

-- The code by which a box becomes this node, once. Of a node at most one is good.
CREATE TABLE enrolment_code (
    node_id     text PRIMARY KEY REFERENCES node ON DELETE CASCADE,
    secret_hash bytea NOT NULL UNIQUE,                   -- SHA-256 of 80 random bits
    created_by  uuid REFERENCES account,                 -- null: on the command line
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    valid_days  integer NOT NULL CHECK (valid_days BETWEEN 1 AND 825), -- of the certificates that follow
    used_at     timestamptz,
    used_key    bytea,                                   -- SHA-256 of the public key (DER) that used it
    refused_at  timestamptz                              -- another key tried it after that
);

CREATE TABLE node_certificate (
    serial     text PRIMARY KEY CHECK (serial ~ '^[0-9a-f]+$'),
    node_id    text NOT NULL REFERENCES node ON DELETE CASCADE,
    key_sha256 bytea NOT NULL,                           -- of the public key (DER)
    pem        text NOT NULL,
    issued_at  timestamptz NOT NULL DEFAULT now(),
    not_after  timestamptz NOT NULL,
    valid_days integer NOT NULL,
    revoked_at timestamptz,
    reason     text CHECK (reason IN ('revoked', 'superseded')),
    CHECK ((revoked_at IS NULL) = (reason IS NULL))
);
CREATE INDEX node_certificate_node ON node_certificate (node_id, issued_at DESC);
CREATE INDEX node_certificate_revoked ON node_certificate (revoked_at) WHERE revoked_at IS NOT NULL;

-- What a node asks over HTTPS carries one of these, for an hour.
CREATE TABLE node_session (
    secret_hash    bytea PRIMARY KEY,                    -- SHA-256 of 256 random bits
    challenge_hash bytea NOT NULL UNIQUE,                -- a challenge opens one session, never two
    node_id        text NOT NULL REFERENCES node ON DELETE CASCADE,
    serial         text NOT NULL REFERENCES node_certificate ON DELETE CASCADE,
    created_at     timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL
);
CREATE INDEX node_session_node ON node_session (node_id);
CREATE INDEX node_session_expires ON node_session (expires_at);
