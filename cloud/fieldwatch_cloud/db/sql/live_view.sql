-- name: lock_node
-- Two people who ask at once begin one view.
SELECT n.online, d.ended_at IS NOT NULL AND d.ended_at <= %(now)s
FROM deployment d JOIN node n ON n.id = d.node_id
WHERE d.id = %(deployment_id)s FOR NO KEY UPDATE OF n;

-- name: places_hidden
SELECT EXISTS (
    SELECT FROM sensitive_species s JOIN reserve r ON r.id = s.reserve_id WHERE r.slug = %(reserve)s
);

-- name: session
SELECT s.id, s.deployment_id, s.node_id, r.slug AS reserve, s.state, s.reason, s.detail, s.asked_at, s.until,
       s.max_bytes, s.token_sha256, s.watched_at, s.first_segment_at, s.last_segment_at, s.segments, s.bytes,
       s.node_left_bytes, s.ended_at,
       (SELECT a.name FROM live_view_ask k JOIN account a ON a.id = k.account_id
        WHERE k.session_id = s.id ORDER BY k.asked_at LIMIT 1) AS asked_by,
       (SELECT a.name FROM account a WHERE a.id = s.stopped_by) AS stopped_by,
       d.location_name AS deployment
FROM live_view_session s
JOIN deployment d ON d.id = s.deployment_id
JOIN reserve r ON r.id = d.reserve_id
WHERE s.id = %(id)s;

-- name: lock
SELECT id FROM live_view_session WHERE id = %(id)s FOR UPDATE;

-- name: running_of
SELECT id FROM live_view_session WHERE deployment_id = %(deployment_id)s AND ended_at IS NULL;

-- name: running
SELECT id, node_id FROM live_view_session WHERE ended_at IS NULL;

-- name: recent_of_reserve
SELECT s.id FROM live_view_session s JOIN deployment d ON d.id = s.deployment_id
WHERE d.reserve_id = %(reserve_id)s
ORDER BY s.asked_at DESC, s.id LIMIT %(limit)s;

-- name: add
INSERT INTO live_view_session (id, deployment_id, node_id, state, reason, asked_at, until, max_bytes, token_sha256,
                               ended_at)
SELECT %(id)s, d.id, d.node_id, %(state)s, %(reason)s, %(now)s, %(until)s, %(max_bytes)s, %(token_sha256)s,
       CASE WHEN %(reason)s::text IS NULL THEN NULL ELSE %(now)s::timestamptz END
FROM deployment d WHERE d.id = %(deployment_id)s;

-- name: ask
INSERT INTO live_view_ask (session_id, account_id, asked_at, minutes, until)
VALUES (%(id)s, %(account_id)s, %(now)s, %(minutes)s, %(until)s);

-- name: prolong
UPDATE live_view_session
SET until = greatest(until, %(until)s), max_bytes = greatest(max_bytes, %(max_bytes)s),
    watched_at = CASE WHEN watched_at IS NULL THEN NULL ELSE %(now)s END
WHERE id = %(id)s AND ended_at IS NULL;

-- name: watched
-- Once in two seconds is enough to know.
UPDATE live_view_session SET watched_at = %(now)s
WHERE id = %(id)s AND ended_at IS NULL AND (watched_at IS NULL OR watched_at < %(now)s - interval '2 seconds');

-- name: took
UPDATE live_view_session
SET bytes = bytes + %(bytes)s, segments = segments + %(segments)s, last_segment_at = %(now)s,
    first_segment_at = CASE WHEN %(segments)s = 0 THEN first_segment_at
                            ELSE coalesce(first_segment_at, %(now)s) END,
    state = CASE WHEN %(segments)s = 0 THEN state ELSE 'streaming' END,
    node_left_bytes = coalesce(%(left)s, node_left_bytes)
WHERE id = %(id)s AND ended_at IS NULL;

-- name: end
UPDATE live_view_session
SET state = %(state)s, reason = %(reason)s, detail = %(detail)s, ended_at = %(now)s, stopped_by = %(by)s
WHERE id = %(id)s AND ended_at IS NULL;

-- name: used_since
SELECT coalesce(sum(bytes), 0)::bigint FROM live_view_session
WHERE node_id = %(node)s AND asked_at >= %(since)s;

-- name: ended_before
-- Those of the given ones that are over for so long, or of which nothing is known.
SELECT given.id FROM unnest(%(ids)s::uuid[]) AS given(id)
LEFT JOIN live_view_session s ON s.id = given.id
WHERE s.id IS NULL OR s.ended_at < %(before)s;
