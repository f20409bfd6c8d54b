-- name: nodes
SELECT n.id, n.name, n.online, n.created_at, beat.received_at AS heard_at, beat.body ->> 'software' AS software,
       (beat.body ->> 'outbox_records')::bigint AS outbox_records, (beat.body ->> 'outbox_bytes')::bigint AS outbox_bytes,
       (beat.body ->> 'next_within_s')::float8 AS next_within_s,
       (SELECT coalesce(array_agg(d.location_name ORDER BY d.location_name), '{}') FROM deployment d
        WHERE d.node_id = n.id AND (d.ended_at IS NULL OR d.ended_at > now())) AS cameras
FROM node n
LEFT JOIN LATERAL (
    SELECT body, received_at FROM heartbeat WHERE node_id = n.id ORDER BY received_at DESC, observed_at DESC LIMIT 1
) beat ON true
WHERE n.reserve_id = %(reserve_id)s
ORDER BY n.name, n.id;

-- name: hotspots
SELECT max(observed_at) AS newest, count(*) FILTER (WHERE observed_at > now() - interval '30 days') AS of_month
FROM hotspot WHERE reserve_id = %(reserve_id)s;

-- name: job
SELECT (SELECT started_at FROM job_run WHERE name = %(name)s), f.at, f.reason
FROM (SELECT 1) one LEFT JOIN job_failure f ON f.name = %(name)s;

-- name: note_failure
INSERT INTO job_failure (name, at, reason) VALUES (%(name)s, %(at)s, %(reason)s)
ON CONFLICT (name) DO UPDATE SET at = excluded.at, reason = excluded.reason;

-- name: forget_failure
DELETE FROM job_failure WHERE name = %(name)s;

-- name: stations
SELECT s.name, newest.observed_at AS last_observed_at, newest.source,
       (SELECT count(*) FROM weather w WHERE (w.reserve_id, w.station) = (s.reserve_id, s.name)) AS rows
FROM weather_station s
LEFT JOIN LATERAL (
    SELECT observed_at, source FROM weather w WHERE (w.reserve_id, w.station) = (s.reserve_id, s.name)
    ORDER BY observed_at DESC LIMIT 1
) newest ON true
WHERE s.reserve_id = %(reserve_id)s
ORDER BY s.name;

-- name: quarantined
-- By the topic, which says the reserve also where the message cannot be read.
SELECT count(*), max(received_at) FROM quarantine
WHERE replayed_at IS NULL AND split_part(topic, '/', 3) = %(slug)s;

-- name: quarantine
SELECT id, received_at, topic, reason, length(payload) FROM quarantine
WHERE replayed_at IS NULL AND split_part(topic, '/', 3) = %(slug)s
ORDER BY received_at DESC, id DESC LIMIT %(limit)s;

-- name: waiting
SELECT id FROM quarantine
WHERE replayed_at IS NULL AND split_part(topic, '/', 3) = %(slug)s
ORDER BY received_at, id LIMIT %(limit)s;
