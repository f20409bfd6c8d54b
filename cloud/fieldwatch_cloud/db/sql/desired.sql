-- name: masks_of_node
SELECT m.deployment_id, m.id, m.polygon
FROM ignore_mask m JOIN deployment d ON d.id = m.deployment_id
WHERE d.node_id = %(node)s AND m.removed_at IS NULL AND (d.ended_at IS NULL OR d.ended_at > now())
ORDER BY m.deployment_id, m.created_at, m.id;

-- name: set
INSERT INTO desired_state (node_id, version, body) VALUES (%(node)s, %(version)s, %(body)s)
ON CONFLICT (node_id) DO UPDATE SET version = %(version)s, body = %(body)s, changed_at = now();

-- name: notify
SELECT pg_notify('fieldwatch_desired', %(node)s);

-- name: waiting
SELECT s.node_id, r.slug, s.version, s.body
FROM desired_state s
JOIN node n ON n.id = s.node_id
JOIN reserve r ON r.id = n.reserve_id
WHERE %(all)s OR s.published IS DISTINCT FROM s.version
ORDER BY s.changed_at, s.node_id;

-- name: published
UPDATE desired_state SET published = %(version)s WHERE node_id = %(node)s;

-- name: reported
UPDATE desired_state SET reported = %(version)s, reported_at = now()
WHERE node_id = %(node)s AND (reported IS DISTINCT FROM %(version)s OR reported_at IS NULL);

-- name: standing
SELECT version, reported, reported_at FROM desired_state WHERE node_id = %(node)s;
