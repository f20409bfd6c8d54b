-- name: newest
SELECT body, received_at FROM heartbeat WHERE node_id = %(node)s
ORDER BY received_at DESC, observed_at DESC LIMIT 1;

-- name: insert
INSERT INTO heartbeat (id, node_id, observed_at, body)
VALUES (%(id)s, %(node)s, %(observed_at)s, %(body)s)
ON CONFLICT (id) DO NOTHING;

-- name: insert_effort
-- All of a batch in one statement, sorted: the trigger then also unites the days in one order. Heartbeat by
-- heartbeat, two workers would lock the days of two cameras in opposite orders.
INSERT INTO effort (id, deployment_id, started_at, ended_at, frames)
SELECT * FROM unnest(
    %(ids)s::uuid[], %(deployments)s::uuid[], %(starts)s::timestamptz[], %(ends)s::timestamptz[],
    %(frames)s::integer[]
) AS span (id, deployment_id, started_at, ended_at, frames)
ORDER BY id
ON CONFLICT (id) DO NOTHING;

-- name: newest_of_all
SELECT DISTINCT ON (h.node_id) h.node_id, r.slug, h.body, h.received_at
FROM heartbeat h
JOIN node n ON n.id = h.node_id
JOIN reserve r ON r.id = n.reserve_id
ORDER BY h.node_id, h.received_at DESC, h.observed_at DESC;
