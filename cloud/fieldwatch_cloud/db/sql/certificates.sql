-- name: keep
INSERT INTO node_certificate (serial, node_id, key_sha256, pem, not_after, valid_days)
VALUES (%(serial)s, %(node)s, %(key)s, %(pem)s, %(not_after)s, %(valid_days)s);

-- name: lock
-- Between looking at what the node may and giving it more, nobody puts it out; and the reverse.
SELECT id FROM node WHERE id = %(node)s FOR UPDATE;

-- name: issued
SELECT count(*) FROM node_certificate WHERE node_id = %(node)s AND issued_at > now() - %(within)s;

-- name: of_key
-- The newest of that key that holds.
SELECT serial, pem, not_after, issued_at > now() - %(within)s FROM node_certificate
WHERE node_id = %(node)s AND key_sha256 = %(key)s AND revoked_at IS NULL
ORDER BY issued_at DESC
LIMIT 1;

-- name: one
SELECT c.node_id, c.pem, c.valid_days, c.revoked_at IS NOT NULL OR n.revoked_at IS NOT NULL
FROM node_certificate c JOIN node n ON n.id = c.node_id
WHERE c.serial = %(serial)s;

-- name: revoke
UPDATE node_certificate SET revoked_at = now(), reason = %(reason)s
WHERE node_id = %(node)s AND revoked_at IS NULL
RETURNING serial;

-- name: revoked
-- Those that have ended are refused for that.
SELECT serial, revoked_at FROM node_certificate
WHERE revoked_at IS NOT NULL AND not_after > now()
ORDER BY revoked_at, serial;
