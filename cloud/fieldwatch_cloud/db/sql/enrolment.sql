-- name: session_of
SELECT n.id, n.reserve_id, r.slug, s.serial
FROM node_session s
JOIN node n ON n.id = s.node_id
JOIN reserve r ON r.id = n.reserve_id
JOIN node_certificate c ON c.serial = s.serial
WHERE s.secret_hash = %(hash)s AND s.expires_at > now() AND n.revoked_at IS NULL AND c.revoked_at IS NULL;
