-- The fleet: what is desired of nodes and what they report, groups, roll-outs, logs, visits.

-- Desired -----------------------------------------------------------------------------------------------

-- JSON merge patches over a node's own settings (fieldwatch_shared.node_settings): the reserve's, then those of
-- the node's groups by rank, then the node's own. The later wins.
CREATE TABLE fleet_reserve (
    reserve_id uuid PRIMARY KEY REFERENCES reserve,
    settings   jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE node_group (
    id         uuid PRIMARY KEY,
    reserve_id uuid NOT NULL REFERENCES reserve,
    name       text NOT NULL CHECK (name <> ''),
    rank       integer NOT NULL DEFAULT 0,               -- of two groups of a node, the higher one wins
    settings   jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (reserve_id, name)
);
CREATE TABLE node_group_member (
    group_id uuid NOT NULL REFERENCES node_group ON DELETE CASCADE,
    node_id  text NOT NULL REFERENCES node,
    PRIMARY KEY (group_id, node_id)
);
CREATE INDEX node_group_member_node ON node_group_member (node_id);
CREATE TABLE fleet_node (
    node_id  text PRIMARY KEY REFERENCES node,
    settings jsonb NOT NULL DEFAULT '{}'
);

-- Files that nodes may take on; the bytes lie beside the pictures, named by their hash.
CREATE TABLE artifact (
    reserve_id  uuid NOT NULL REFERENCES reserve,
    sha256      text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    kind        text NOT NULL CHECK (kind IN ('model', 'software')),
    name        text NOT NULL,                           -- of a model as its card says; of software: fieldwatch
    version     text NOT NULL,
    bytes       bigint NOT NULL CHECK (bytes > 0),
    signer      text,                                    -- of a model: who signed it
    uploaded_by uuid REFERENCES account,
    uploaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (reserve_id, sha256),
    UNIQUE (reserve_id, kind, name, version)
);

-- Roll-outs ---------------------------------------------------------------------------------------------

CREATE TABLE rollout (
    id          uuid PRIMARY KEY,
    reserve_id  uuid NOT NULL REFERENCES reserve,
    kind        text NOT NULL CHECK (kind IN ('model', 'software')),
    name        text NOT NULL,
    sha256      text NOT NULL,
    rules       jsonb NOT NULL,                          -- fieldwatch_cloud.rollouts.rules.Rules
    stage       integer NOT NULL DEFAULT 0,              -- the one that is under way
    stages      integer NOT NULL CHECK (stages > 0),
    state       text NOT NULL CHECK (state IN ('running', 'paused', 'done', 'rolling_back', 'rolled_back', 'cancelled')),
    reason      text,                                    -- why it was stopped
    started_by  uuid REFERENCES account,                 -- null: from the command line of the server
    started_at  timestamptz NOT NULL,
    stage_since timestamptz NOT NULL,
    ended_at    timestamptz,
    FOREIGN KEY (reserve_id, sha256) REFERENCES artifact,
    CHECK ((state IN ('running', 'paused', 'rolling_back')) = (ended_at IS NULL))
);
CREATE INDEX rollout_reserve ON rollout (reserve_id, started_at DESC);
CREATE TABLE rollout_node (
    rollout_id  uuid NOT NULL REFERENCES rollout,
    node_id     text NOT NULL REFERENCES node,
    stage       integer NOT NULL,
    state       text NOT NULL CHECK (state IN ('pending', 'told', 'waiting', 'soaking', 'done', 'failed', 'returning',
                                               'returned', 'left')),
    since       timestamptz NOT NULL,
    told_at     timestamptz,
    applied_at  timestamptz,                             -- when we heard that it works by it
    reported    text,                                    -- RolloutState, by its own word
    reason      text,
    before      jsonb,                                   -- reasons of its cameras' health when it was told
    previous    text,                                    -- SHA-256 of what it was to have before; null: its own
    previous_of uuid,                                    -- the roll-out that brought that
    PRIMARY KEY (rollout_id, node_id)
);
CREATE INDEX rollout_node_node ON rollout_node (node_id);
-- What each node is to have now.
CREATE TABLE node_artifact (
    node_id    text NOT NULL REFERENCES node,
    kind       text NOT NULL CHECK (kind IN ('model', 'software')),
    name       text NOT NULL,
    sha256     text NOT NULL,
    rollout_id uuid NOT NULL REFERENCES rollout,
    since      timestamptz NOT NULL,
    PRIMARY KEY (node_id, kind, name)
);
CREATE TABLE rollout_log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rollout_id uuid NOT NULL REFERENCES rollout,
    at         timestamptz NOT NULL,
    account_id uuid REFERENCES account,                  -- null: by the rules
    node_id    text,
    what       text NOT NULL,
    detail     text
);
CREATE INDEX rollout_log_rollout ON rollout_log (rollout_id, id);
CREATE FUNCTION rollout_log_unalterable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of a roll-out cannot be altered';
END $$;
CREATE TRIGGER rollout_log_unalterable BEFORE UPDATE OR DELETE ON rollout_log
    FOR EACH ROW EXECUTE FUNCTION rollout_log_unalterable();

-- Reported ----------------------------------------------------------------------------------------------

CREATE TABLE node_report (
    node_id                text PRIMARY KEY REFERENCES node,
    heard_at               timestamptz NOT NULL,         -- the heartbeat that said it, by arrival,
    observed_at            timestamptz NOT NULL,         -- and by the node's clock
    software               text NOT NULL,
    settings               jsonb,                        -- effective; null: it never said
    settings_sha256        text,                         -- of what it says that it works by now
    models                 jsonb NOT NULL DEFAULT '{}',
    rollouts               jsonb NOT NULL DEFAULT '[]',
    certificate_expires_at timestamptz,
    hardware               text,
    power                  jsonb,                        -- PowerReport
    link                   jsonb,                        -- LinkReport
    drift                  jsonb NOT NULL DEFAULT '{}'   -- path: {wanted, found, since}
);

-- A day of a node's heartbeats in one row: what needs a visit is seen over weeks, and heartbeats are millions.
-- Days are the reserve's, by arrival where the node's clock was never set.
CREATE TABLE node_day (
    node_id        text NOT NULL REFERENCES node,
    day            date NOT NULL,
    heartbeats     integer NOT NULL DEFAULT 0,
    unsynchronised integer NOT NULL DEFAULT 0,
    given_up       bigint NOT NULL DEFAULT 0,
    disk_free_min  bigint,
    charge_min     real,
    charge_max     real,
    solar_sum      double precision NOT NULL DEFAULT 0,  -- watts, over
    solar_n        integer NOT NULL DEFAULT 0,           -- so many heartbeats
    night_wh       double precision NOT NULL DEFAULT 0,  -- drawn without sun, and
    night_drop     double precision NOT NULL DEFAULT 0,  -- the share of charge that it took
    signal_sum     double precision NOT NULL DEFAULT 0,  -- dBm
    signal_n       integer NOT NULL DEFAULT 0,
    PRIMARY KEY (node_id, day)
);
CREATE TABLE camera_day (
    deployment_id uuid NOT NULL REFERENCES deployment,
    day           date NOT NULL,
    heartbeats    integer NOT NULL DEFAULT 0,
    frames        bigint NOT NULL DEFAULT 0,
    dark          integer NOT NULL DEFAULT 0,
    blurred       integer NOT NULL DEFAULT 0,            -- of those that were not dark
    frozen        integer NOT NULL DEFAULT 0,
    moved         integer NOT NULL DEFAULT 0,
    problem       integer NOT NULL DEFAULT 0,
    PRIMARY KEY (deployment_id, day)
);

-- Visits ------------------------------------------------------------------------------------------------

CREATE TABLE visit (
    id            uuid PRIMARY KEY,                      -- made where it was written down
    reserve_id    uuid NOT NULL REFERENCES reserve,
    node_id       text REFERENCES node,
    deployment_id uuid REFERENCES deployment,
    done_at       timestamptz NOT NULL,
    account_id    uuid REFERENCES account,
    note          text,
    reasons       text[] NOT NULL DEFAULT '{}',          -- what the visit was for, and settled
    CHECK (node_id IS NOT NULL OR deployment_id IS NOT NULL)
);
CREATE INDEX visit_reserve ON visit (reserve_id, done_at DESC);
-- Cameras whose cards are fetched by hand.
CREATE TABLE card_camera (
    deployment_id uuid PRIMARY KEY REFERENCES deployment,
    every_days    integer NOT NULL CHECK (every_days BETWEEN 1 AND 3650),
    since         timestamptz NOT NULL DEFAULT now()
);

-- Logs --------------------------------------------------------------------------------------------------

CREATE TABLE node_log (
    id           uuid PRIMARY KEY,
    node_id      text NOT NULL REFERENCES node,
    bundle       boolean NOT NULL,
    lines        integer NOT NULL,
    max_bytes    bigint NOT NULL,
    asked_by     uuid REFERENCES account,
    asked_at     timestamptz NOT NULL,
    until        timestamptz NOT NULL,
    token_sha256 bytea NOT NULL,                         -- of what the node bears when it uploads, once
    state        text NOT NULL CHECK (state IN ('asked', 'here', 'unheard', 'expired')),
    received_at  timestamptz,
    bytes        bigint,
    CHECK ((state = 'here') = (received_at IS NOT NULL))
);
CREATE INDEX node_log_node ON node_log (node_id, asked_at DESC);

-- Commands are no longer those of live views alone.
ALTER TABLE node_command ALTER COLUMN session_id DROP NOT NULL;
ALTER TABLE node_command ADD COLUMN log_id uuid REFERENCES node_log ON DELETE CASCADE;
