-- name: add
INSERT INTO node_log (id, node_id, bundle, lines, max_bytes, asked_by, asked_at, until, token_sha256, state)
VALUES (%(id)s, %(node)s, %(bundle)s, %(lines)s, %(max_bytes)s, %(by)s, %(now)s, %(until)s, %(token_sha256)s,
        'asked');

-- name: log
SELECT l.id, l.node_id, r.slug AS reserve, l.bundle, l.lines, l.max_bytes, l.asked_at, l.until, l.token_sha256,
       l.state, l.received_at, l.bytes, a.name AS asked_by
FROM node_log l
JOIN node n ON n.id = l.node_id
JOIN reserve r ON r.id = n.reserve_id
LEFT JOIN account a ON a.id = l.asked_by
WHERE l.id = %(id)s;

-- name: of_node
SELECT l.id, l.node_id, r.slug AS reserve, l.bundle, l.lines, l.max_bytes, l.asked_at, l.until, l.token_sha256,
       l.state, l.received_at, l.bytes, a.name AS asked_by
FROM node_log l
JOIN node n ON n.id = l.node_id
JOIN reserve r ON r.id = n.reserve_id
LEFT JOIN account a ON a.id = l.asked_by
WHERE l.node_id = %(node)s ORDER BY l.asked_at DESC, l.id LIMIT %(limit)s;

-- name: waiting
SELECT count(*) FROM node_log WHERE node_id = %(node)s AND state = 'asked' AND until > %(now)s;

-- name: here
UPDATE node_log SET state = 'here', received_at = %(now)s, bytes = %(bytes)s
WHERE id = %(id)s AND state IN ('asked', 'unheard') AND until > %(now)s;

-- name: unheard
UPDATE node_log SET state = 'unheard' WHERE id = %(id)s AND state = 'asked';

-- name: expire
UPDATE node_log SET state = 'expired' WHERE state IN ('asked', 'unheard') AND until <= %(now)s;

-- name: forget
DELETE FROM node_log WHERE asked_at < %(before)s RETURNING id;
