-- name: add_artifact
INSERT INTO artifact (reserve_id, sha256, kind, name, version, bytes, signer, uploaded_by)
VALUES (%(reserve_id)s, %(sha256)s, %(kind)s, %(name)s, %(version)s, %(bytes)s, %(signer)s, %(by)s)
ON CONFLICT (reserve_id, sha256) DO NOTHING;

-- name: artifacts
SELECT a.sha256, a.kind, a.name, a.version, a.bytes, a.signer, a.uploaded_at, c.name AS uploaded_by
FROM artifact a LEFT JOIN account c ON c.id = a.uploaded_by
WHERE a.reserve_id = %(reserve_id)s ORDER BY a.uploaded_at DESC, a.sha256;

-- name: for_node
-- Only what its desired state names.
SELECT a.kind, a.name, a.version, a.bytes
FROM node_artifact w
JOIN node n ON n.id = w.node_id
JOIN artifact a ON a.reserve_id = n.reserve_id AND a.sha256 = w.sha256
WHERE w.node_id = %(node)s AND w.sha256 = %(sha256)s;

-- name: lock_reserve
SELECT id FROM reserve WHERE id = %(reserve_id)s FOR NO KEY UPDATE;

-- name: busy
SELECT DISTINCT x.node_id FROM rollout_node x JOIN rollout r ON r.id = x.rollout_id
WHERE r.kind = %(kind)s AND r.ended_at IS NULL AND x.node_id = ANY(%(nodes)s) ORDER BY x.node_id;

-- name: add
INSERT INTO rollout (id, reserve_id, kind, name, sha256, rules, stages, state, started_by, started_at, stage_since)
VALUES (%(id)s, %(reserve_id)s, %(kind)s, %(name)s, %(sha256)s, %(rules)s, %(stages)s, 'running', %(by)s, %(now)s,
        %(now)s);

-- name: add_node
INSERT INTO rollout_node (rollout_id, node_id, stage, state, since, previous, previous_of)
SELECT %(id)s, n.id, %(stage)s, 'pending', %(now)s, w.sha256, w.rollout_id
FROM node n LEFT JOIN node_artifact w ON w.node_id = n.id AND w.kind = %(kind)s AND w.name = %(name)s
WHERE n.id = %(node)s AND n.reserve_id = %(reserve_id)s;

-- name: of_reserve
SELECT r.id, v.slug AS reserve, r.reserve_id, r.kind, r.name, a.version, r.sha256, r.rules, r.stage, r.stages, r.state,
       r.reason, c.name AS started_by, r.started_at, r.stage_since, r.ended_at
FROM rollout r
JOIN reserve v ON v.id = r.reserve_id
JOIN artifact a ON a.reserve_id = r.reserve_id AND a.sha256 = r.sha256
LEFT JOIN account c ON c.id = r.started_by
WHERE r.reserve_id = %(reserve_id)s
ORDER BY r.ended_at IS NOT NULL, r.started_at DESC LIMIT %(limit)s;

-- name: rollout
SELECT r.id, v.slug AS reserve, r.reserve_id, r.kind, r.name, a.version, r.sha256, r.rules, r.stage, r.stages, r.state,
       r.reason, c.name AS started_by, r.started_at, r.stage_since, r.ended_at
FROM rollout r
JOIN reserve v ON v.id = r.reserve_id
JOIN artifact a ON a.reserve_id = r.reserve_id AND a.sha256 = r.sha256
LEFT JOIN account c ON c.id = r.started_by
WHERE r.id = %(id)s;

-- name: lock
SELECT id FROM rollout WHERE id = %(id)s FOR UPDATE;

-- name: active
SELECT id FROM rollout WHERE ended_at IS NULL ORDER BY started_at;

-- name: nodes
SELECT x.node_id, x.stage, x.state, x.since, x.told_at, x.applied_at, x.reported, x.reason, x.before, x.previous,
       x.previous_of, n.online, n.name, p.heard_at, p.software, p.models, p.rollouts
FROM rollout_node x
JOIN node n ON n.id = x.node_id
LEFT JOIN node_report p ON p.node_id = x.node_id
WHERE x.rollout_id = %(id)s
ORDER BY x.stage, x.node_id;

-- name: set_node
UPDATE rollout_node SET state = %(state)s, since = %(now)s, reason = %(reason)s,
    told_at = coalesce(%(told_at)s, told_at), applied_at = coalesce(%(applied_at)s, applied_at),
    before = coalesce(%(before)s, before)
WHERE rollout_id = %(id)s AND node_id = %(node)s;

-- name: set_reported
UPDATE rollout_node SET reported = %(reported)s
WHERE rollout_id = %(id)s AND node_id = %(node)s AND reported IS DISTINCT FROM %(reported)s;

-- name: set_state
UPDATE rollout SET state = %(state)s, reason = coalesce(%(reason)s, reason), ended_at = %(ended_at)s
WHERE id = %(id)s;

-- name: set_stage
UPDATE rollout SET stage = %(stage)s, stage_since = %(now)s WHERE id = %(id)s;

-- name: give
INSERT INTO node_artifact (node_id, kind, name, sha256, rollout_id, since)
VALUES (%(node)s, %(kind)s, %(name)s, %(sha256)s, %(rollout_id)s, %(now)s)
ON CONFLICT (node_id, kind, name) DO UPDATE
SET sha256 = excluded.sha256, rollout_id = excluded.rollout_id, since = excluded.since;

-- name: take_away
DELETE FROM node_artifact WHERE node_id = %(node)s AND kind = %(kind)s AND name = %(name)s;

-- name: note
INSERT INTO rollout_log (rollout_id, at, account_id, node_id, what, detail)
VALUES (%(id)s, %(now)s, %(by)s, %(node)s, %(what)s, %(detail)s);

-- name: log
SELECT l.at, a.name AS by, l.node_id, l.what, l.detail
FROM rollout_log l LEFT JOIN account a ON a.id = l.account_id
WHERE l.rollout_id = %(id)s ORDER BY l.id DESC LIMIT %(limit)s;

-- name: work
-- Of a node's cameras: animals and pictures in each of the given windows.
SELECT w.n,
       (SELECT count(*) FROM observation o
        WHERE o.deployment_id = ANY(d.ids) AND o.observed_at >= w.since AND o.observed_at < w.until
          AND o.observation_type = 'animal'),
       (SELECT coalesce(sum(e.frames), 0) FROM effort e
        WHERE e.deployment_id = ANY(d.ids) AND e.started_at >= w.since AND e.started_at < w.until)
FROM unnest(%(numbers)s::integer[], %(since)s::timestamptz[], %(until)s::timestamptz[]) AS w (n, since, until)
CROSS JOIN (SELECT coalesce(array_agg(id), '{}') AS ids FROM deployment WHERE node_id = %(node)s) d
ORDER BY w.n;
