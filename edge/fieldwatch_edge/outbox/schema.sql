-- The outbox's store, format 3 (PRAGMA user_version). One file per node, in its state directory.

CREATE TABLE record (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT, -- order of arrival
    id         TEXT NOT NULL UNIQUE,              -- the record's own id, or its message's where it travels alone
    kind       TEXT NOT NULL CHECK (kind IN ('suspicions', 'media', 'heartbeat', 'observations', 'readings')),
    priority   INTEGER NOT NULL,                  -- 0 goes first
    camera     TEXT,                              -- deployment of an open track: it is not ready to be sent
    body       TEXT NOT NULL,                     -- JSON of the wire contract
    attachment BLOB,                              -- a picture's bytes
    bytes      INTEGER NOT NULL,
    message_id TEXT,                              -- of the message that it was put into, once formed
    attempts   INTEGER NOT NULL DEFAULT 0,
    retry_at   REAL,                              -- null: to be sent; else sent, and due again then (monotonic
                                                  -- clock of the running process)
    checksum   INTEGER                            -- CRC-32 of id, kind and body; null: written by an older version
) STRICT;
CREATE INDEX record_to_send ON record (priority, seq, bytes) WHERE camera IS NULL AND retry_at IS NULL;
CREATE INDEX record_age ON record (priority, seq);
CREATE INDEX record_sent ON record (retry_at) WHERE retry_at IS NOT NULL;
CREATE INDEX record_message ON record (message_id);
CREATE INDEX record_camera ON record (camera) WHERE camera IS NOT NULL;

-- Where each camera goes on after a restart.
CREATE TABLE checkpoint (
    camera   TEXT PRIMARY KEY,
    position TEXT,                                -- source position of the last frame that is fully accounted for
    state    TEXT NOT NULL,                       -- JSON: what the stages remember at that frame
    checksum INTEGER                              -- CRC-32 of all that
) STRICT, WITHOUT ROWID;

-- What was given up because the budget on disk was used up, since this outbox was made.
CREATE TABLE given_up (
    kind    TEXT PRIMARY KEY,
    records INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
