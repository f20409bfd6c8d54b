-- name: access
SELECT node.id, reserve.slug, node.mqtt_password_hash
FROM node JOIN reserve ON reserve.id = node.reserve_id
WHERE node.revoked_at IS NULL
ORDER BY node.id;

-- name: deployments
SELECT d.id, d.node_id, r.slug, d.ended_at, d.moves
FROM deployment d JOIN reserve r ON r.id = d.reserve_id
WHERE d.id = ANY(%(ids)s);

-- name: set_online
-- By order of arrival: a last will was written when its connection began, so its time is older than the
-- message that it follows.
UPDATE node SET online = %(online)s, online_changed_at = now()
WHERE id = %(node)s AND online <> %(online)s
    AND reserve_id = (SELECT id FROM reserve WHERE slug = %(reserve)s);

-- name: exists
SELECT 1 FROM node WHERE id = %(node)s AND reserve_id = (SELECT id FROM reserve WHERE slug = %(reserve)s);

-- name: watched
SELECT d.id, d.started_at, d.ended_at, n.online
FROM standing d JOIN node n ON n.id = d.node_id
WHERE d.node_id = %(node)s AND (d.ended_at IS NULL OR d.ended_at > now())
ORDER BY d.id;

-- name: add
INSERT INTO node (id, reserve_id, name, mqtt_password_hash)
VALUES (%(id)s, %(reserve_id)s, %(name)s, %(password_hash)s);

-- name: set_password
UPDATE node SET mqtt_password_hash = %(password_hash)s, revoked_at = NULL WHERE id = %(id)s;

-- name: reserve_of
SELECT reserve_id FROM node WHERE id = %(id)s;

-- name: slug_of
SELECT r.slug FROM node n JOIN reserve r ON r.id = n.reserve_id WHERE n.id = %(id)s;
