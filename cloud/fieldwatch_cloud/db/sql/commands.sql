-- name: add
INSERT INTO node_command (id, node_id, session_id, log_id, body, expires_at)
VALUES (%(id)s, %(node)s, %(session_id)s, %(log_id)s, %(body)s, %(expires_at)s);

-- name: notify
SELECT pg_notify('fieldwatch_desired', %(node)s);

-- name: waiting
SELECT c.id, c.node_id AS node, r.slug AS reserve, c.session_id, c.log_id, c.body, c.expires_at
FROM node_command c
JOIN node n ON n.id = c.node_id
JOIN reserve r ON r.id = n.reserve_id
ORDER BY c.id;

-- name: gone
DELETE FROM node_command WHERE id = %(id)s;

-- name: expired
DELETE FROM node_command WHERE expires_at <= %(now)s;
