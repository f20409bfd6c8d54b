-- name: begin
INSERT INTO upload (media_id, node_id, record, length, begun_at, expires_at)
VALUES (%(media_id)s, %(node)s, %(record)s, %(length)s, %(now)s, %(expires_at)s)
ON CONFLICT (media_id) DO NOTHING;

-- name: get
SELECT media_id, node_id, record, length, received, expires_at, finished_at FROM upload
WHERE media_id = %(media_id)s AND node_id = %(node)s;

-- name: one_at_a_time
-- Between counting what is open and opening one more.
LOCK TABLE upload IN SHARE ROW EXCLUSIVE MODE;

-- name: open_bytes
SELECT count(*) FILTER (WHERE node_id = %(node)s), coalesce(sum(length), 0)::bigint,
    coalesce(sum(length) FILTER (WHERE node_id = %(node)s), 0)::bigint
FROM upload WHERE finished_at IS NULL;

-- name: received
UPDATE upload SET received = %(received)s, expires_at = %(expires_at)s WHERE media_id = %(media_id)s;

-- name: finished
UPDATE upload SET finished_at = %(now)s, received = length WHERE media_id = %(media_id)s;

-- name: forget
DELETE FROM upload WHERE media_id = %(media_id)s;

-- name: forget_expired
DELETE FROM upload WHERE expires_at < %(now)s RETURNING media_id;

-- name: open
SELECT media_id FROM upload WHERE finished_at IS NULL;

-- name: picture
-- A picture that came before, by whatever way.
SELECT EXISTS (
    SELECT FROM media JOIN deployment ON deployment.id = media.deployment_id
    WHERE media.id = %(media_id)s AND media.sha256 = %(sha256)s AND deployment.node_id = %(node)s
);
