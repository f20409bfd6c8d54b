-- When each job last ran to its end: one that was missed while nobody led runs late, not never.
CREATE TABLE job_run (
    name        text PRIMARY KEY,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz NOT NULL
);

-- The newest heartbeat of a node is the one heard last: by its own time, a node whose clock once ran ahead
-- would never have a newer one.
CREATE INDEX heartbeat_node_heard ON heartbeat (node_id, received_at DESC, observed_at DESC);
