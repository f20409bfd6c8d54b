-- name: put_code
INSERT INTO enrolment_code (node_id, secret_hash, created_by, expires_at, valid_days)
VALUES (%(node)s, %(hash)s, %(by)s, now() + %(lasts)s, %(valid_days)s)
ON CONFLICT (node_id) DO UPDATE SET secret_hash = %(hash)s, created_by = %(by)s, created_at = now(),
    expires_at = now() + %(lasts)s, valid_days = %(valid_days)s, used_at = NULL, used_key = NULL, refused_at = NULL
RETURNING expires_at;

-- name: code
SELECT c.node_id, n.name, n.reserve_id, r.slug, c.valid_days, c.expires_at, c.expires_at < now(), c.used_at,
       c.used_key, c.used_at < now() - %(again)s
FROM enrolment_code c
JOIN node n ON n.id = c.node_id
JOIN reserve r ON r.id = n.reserve_id
WHERE c.secret_hash = %(hash)s
FOR UPDATE OF c, n;

-- name: use_code
UPDATE enrolment_code SET used_at = now(), used_key = %(key)s WHERE node_id = %(node)s;

-- name: refuse_code
UPDATE enrolment_code SET refused_at = now() WHERE node_id = %(node)s;

-- name: drop_code
DELETE FROM enrolment_code WHERE node_id = %(node)s AND used_at IS NULL;

-- name: admit
-- From now on by its certificate alone.
UPDATE node SET revoked_at = NULL, mqtt_password_hash = NULL, hardware = %(hardware)s WHERE id = %(node)s;

-- name: put_out
-- Nobody hears its last will any more: what it says of itself is over.
UPDATE node SET revoked_at = coalesce(revoked_at, now()), mqtt_password_hash = NULL,
    online_changed_at = CASE WHEN online THEN now() ELSE online_changed_at END, online = false
WHERE id = %(node)s;

-- name: deployments
SELECT id, location_name, ST_X(location), ST_Y(location), heading_deg, tilt_deg, field_of_view_deg, height_m,
       detection_distance_m, started_at
FROM deployment
WHERE node_id = %(node)s AND (ended_at IS NULL OR ended_at > now())
ORDER BY started_at, id;

-- name: session_of
SELECT n.id, n.reserve_id, r.slug, s.serial
FROM node_session s
JOIN node n ON n.id = s.node_id
JOIN reserve r ON r.id = n.reserve_id
JOIN node_certificate c ON c.serial = s.serial
WHERE s.secret_hash = %(hash)s AND s.expires_at > now() AND n.revoked_at IS NULL AND c.revoked_at IS NULL;

-- name: open_session
INSERT INTO node_session (secret_hash, challenge_hash, node_id, serial, expires_at)
VALUES (%(hash)s, %(challenge)s, %(node)s, %(serial)s, now() + %(lasts)s)
ON CONFLICT (challenge_hash) DO NOTHING;

-- name: end_sessions
DELETE FROM node_session WHERE node_id = %(node)s;

-- name: forget_live_views
-- The tokens of commands that it was given: what nobody knows opens nothing. The rest ends as if it were silent.
UPDATE live_view_session SET token_sha256 = sha256(gen_random_uuid()::text::bytea)
WHERE node_id = %(node)s AND ended_at IS NULL;

-- name: forget_logs
UPDATE node_log SET token_sha256 = sha256(gen_random_uuid()::text::bytea) WHERE node_id = %(node)s AND until > now();

-- name: remove_ended_sessions
DELETE FROM node_session WHERE expires_at < now();

-- name: of_reserve
SELECT n.id, n.name, n.online, n.created_at, n.revoked_at, n.mqtt_password_hash IS NOT NULL, n.hardware,
       c.serial, c.issued_at, c.not_after, c.revoked_at, c.reason,
       k.created_at, k.expires_at, k.used_at, k.refused_at
FROM node n
LEFT JOIN LATERAL (
    SELECT serial, issued_at, not_after, revoked_at, reason FROM node_certificate
    WHERE node_id = n.id ORDER BY issued_at DESC, serial LIMIT 1
) c ON true
LEFT JOIN enrolment_code k ON k.node_id = n.id
WHERE n.reserve_id = %(reserve_id)s
ORDER BY n.id;

-- name: tried_again
-- Of nodes that are still let in, codes that a second box tried.
SELECT n.id, n.name, c.refused_at
FROM enrolment_code c JOIN node n ON n.id = c.node_id
WHERE n.reserve_id = %(reserve_id)s AND n.revoked_at IS NULL AND c.refused_at >= %(since)s
ORDER BY c.refused_at, n.id;
