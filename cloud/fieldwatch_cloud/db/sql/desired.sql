-- name: masks_of_node
SELECT m.deployment_id, m.id, m.polygon
FROM ignore_mask m JOIN deployment d ON d.id = m.deployment_id
WHERE d.node_id = %(node)s AND m.removed_at IS NULL AND (d.ended_at IS NULL OR d.ended_at > now())
ORDER BY m.deployment_id, m.created_at, m.id;

-- name: layers
-- Of settings, the weakest first.
SELECT settings FROM (
    SELECT 0 AS layer, 0 AS rank, '' AS name, f.settings
    FROM fleet_reserve f JOIN node n ON n.reserve_id = f.reserve_id WHERE n.id = %(node)s
    UNION ALL
    SELECT 1, g.rank, g.name, g.settings
    FROM node_group g JOIN node_group_member m ON m.group_id = g.id WHERE m.node_id = %(node)s
    UNION ALL
    SELECT 2, 0, '', f.settings FROM fleet_node f WHERE f.node_id = %(node)s
) layers
WHERE settings <> '{}'
ORDER BY layer, rank, name;

-- name: cameras
SELECT id FROM deployment
WHERE node_id = %(node)s AND (ended_at IS NULL OR ended_at > now()) ORDER BY started_at, id;

-- name: said
SELECT settings FROM node_report WHERE node_id = %(node)s;

-- name: artifacts
SELECT a.kind, w.rollout_id, a.name, a.version, a.sha256, a.bytes,
       (r.rules ->> 'trial_s')::double precision AS trial_s
FROM node_artifact w
JOIN rollout r ON r.id = w.rollout_id
JOIN artifact a ON a.reserve_id = r.reserve_id AND a.sha256 = w.sha256
WHERE w.node_id = %(node)s
ORDER BY a.kind, a.name;

-- name: body
SELECT body FROM desired_state WHERE node_id = %(node)s;

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
