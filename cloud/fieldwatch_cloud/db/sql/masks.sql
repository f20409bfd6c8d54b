-- name: lock_nodes
-- What a node's cameras are to do is written anew as a whole: by one at a time. Byte by byte, as Python sorts: whoever
-- locks one after the other, in the order of sorted(), must not meet another order here.
SELECT id FROM node WHERE id = ANY(%(nodes)s) ORDER BY id COLLATE "C" FOR NO KEY UPDATE;

-- name: masks
SELECT m.id, m.deployment_id, m.polygon, m.reason, m.incident_id, a.name AS created_by, m.created_at,
       coalesce(s.reported >= m.version, false) AS applied
FROM ignore_mask m
JOIN deployment d ON d.id = m.deployment_id
JOIN account a ON a.id = m.created_by
LEFT JOIN desired_state s ON s.node_id = d.node_id
WHERE m.deployment_id = %(deployment_id)s AND m.removed_at IS NULL
ORDER BY m.created_at, m.id;

-- name: mask
SELECT m.id, m.deployment_id, d.node_id, r.slug AS reserve, m.polygon, m.reason, m.removed_at IS NOT NULL AS removed
FROM ignore_mask m
JOIN deployment d ON d.id = m.deployment_id
JOIN reserve r ON r.id = d.reserve_id
WHERE m.id = %(id)s;

-- name: newest_picture
SELECT id FROM media
WHERE deployment_id = %(deployment_id)s AND mime LIKE 'image/%%'
  AND NOT EXISTS (SELECT FROM media_removal gone WHERE gone.media_id = media.id)
ORDER BY observed_at DESC LIMIT 1;

-- name: add
INSERT INTO ignore_mask (id, deployment_id, polygon, reason, incident_id, version, created_by)
VALUES (%(id)s, %(deployment_id)s, %(polygon)s, %(reason)s, %(incident_id)s,
        1 + coalesce((SELECT version FROM desired_state WHERE node_id = %(node)s), 0), %(account_id)s);

-- name: remove
UPDATE ignore_mask SET removed_by = %(account_id)s, removed_at = now() WHERE id = %(id)s AND removed_at IS NULL;
