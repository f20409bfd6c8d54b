-- name: insert
INSERT INTO quarantine (id, topic, payload, properties, reason, payload_sha256)
VALUES (%(id)s, %(topic)s, %(payload)s, %(properties)s, %(reason)s, %(sha256)s)
ON CONFLICT (topic, payload_sha256) DO UPDATE SET reason = excluded.reason, replayed_at = NULL;

-- name: list
SELECT id, received_at, topic, length(payload), reason, replayed_at
FROM quarantine
WHERE %(all)s OR replayed_at IS NULL
ORDER BY received_at DESC, id DESC
LIMIT %(limit)s;

-- name: get
SELECT id, received_at, topic, payload, properties, reason, replayed_at FROM quarantine WHERE id = %(id)s;

-- name: waiting
SELECT id FROM quarantine WHERE replayed_at IS NULL ORDER BY received_at, id;

-- name: replayed
UPDATE quarantine SET replayed_at = now() WHERE id = %(id)s;

-- name: still_refused
UPDATE quarantine SET reason = %(reason)s WHERE id = %(id)s;

-- name: refused_of
SELECT id FROM quarantine
WHERE replayed_at IS NULL AND reason = %(reason)s AND split_part(topic, '/', 4) = %(node)s
ORDER BY received_at, id;
