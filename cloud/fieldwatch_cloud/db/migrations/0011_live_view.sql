-- Live view on request: who asked to see which camera live, what came of it, and why it ended.

CREATE TABLE live_view_session (
    id               uuid PRIMARY KEY,
    deployment_id    uuid NOT NULL REFERENCES deployment,
    node_id          text NOT NULL REFERENCES node,
    state            text NOT NULL CHECK (state IN ('asked', 'streaming', 'ended', 'refused', 'unreachable')),
    reason           text,                                -- why it is over
    detail           text,                                -- in the node's own words
    asked_at         timestamptz NOT NULL,
    until            timestamptz NOT NULL,
    max_bytes        bigint NOT NULL CHECK (max_bytes > 0),
    token_sha256     bytea NOT NULL,                      -- of what the node bears when it uploads
    watched_at       timestamptz,                         -- somebody's player last asked for the playlist
    first_segment_at timestamptz,
    last_segment_at  timestamptz,
    segments         integer NOT NULL DEFAULT 0,
    bytes            bigint NOT NULL DEFAULT 0,
    node_left_bytes  bigint,                              -- of its day's budget, by its own word
    ended_at         timestamptz,
    stopped_by       uuid REFERENCES account,
    CHECK ((state IN ('asked', 'streaming')) = (ended_at IS NULL)),
    CHECK ((reason IS NULL) = (ended_at IS NULL))
);
-- One stream from a camera, however many people look.
CREATE UNIQUE INDEX live_view_session_running ON live_view_session (deployment_id) WHERE ended_at IS NULL;
CREATE INDEX live_view_session_node ON live_view_session (node_id, asked_at);
CREATE INDEX live_view_session_deployment ON live_view_session (deployment_id, asked_at);

-- The first began the session, the others joined it, or prolonged it.
CREATE TABLE live_view_ask (
    session_id uuid NOT NULL REFERENCES live_view_session ON DELETE CASCADE,
    account_id uuid NOT NULL REFERENCES account,
    asked_at   timestamptz NOT NULL,
    minutes    integer NOT NULL,
    until      timestamptz NOT NULL
);
CREATE INDEX live_view_ask_session ON live_view_ask (session_id, asked_at);

-- What is on its way to the broker. Gone as soon as that has it: a command holds a secret.
CREATE TABLE node_command (
    id         uuid PRIMARY KEY,
    node_id    text NOT NULL REFERENCES node,
    session_id uuid NOT NULL REFERENCES live_view_session ON DELETE CASCADE,
    body       jsonb NOT NULL,                            -- fieldwatch_shared.messages.Command
    expires_at timestamptz NOT NULL
);
