-- name: incidents
SELECT i.id, r.slug AS reserve, i.kind, i.state, i.first_seen_at, i.last_seen_at, i.opened_at,
       opener.observed_at AS opener_observed_at, opener.received_at AS opener_received_at,
       (SELECT count(*) FROM suspicion WHERE incident_id = i.id) AS suspicions,
       newest.deployment_id, ST_X(d.location) AS lon, ST_Y(d.location) AS lat, newest.bearing_deg,
       picture.media_id
FROM incident i
JOIN reserve r ON r.id = i.reserve_id
CROSS JOIN LATERAL (
    SELECT observed_at, received_at FROM suspicion
    WHERE incident_id = i.id ORDER BY received_at, observed_at LIMIT 1
) opener
CROSS JOIN LATERAL (
    SELECT deployment_id, bearing_deg FROM suspicion
    WHERE incident_id = i.id ORDER BY observed_at DESC, id DESC LIMIT 1
) newest
JOIN deployment d ON d.id = newest.deployment_id
-- A picture may arrive after its suspicion: point at the newest one that is here.
LEFT JOIN LATERAL (
    SELECT s.media_id FROM suspicion s JOIN media m ON m.id = s.media_id
    WHERE s.incident_id = i.id ORDER BY s.observed_at DESC, s.id DESC LIMIT 1
) picture ON true
WHERE i.reserve_id = %(reserve_id)s
  AND (%(states)s::text[] IS NULL OR i.state = ANY (%(states)s))
  AND (%(since)s::timestamptz IS NULL OR i.last_seen_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR i.first_seen_at < %(until)s)
ORDER BY i.last_seen_at DESC, i.id DESC
LIMIT %(limit)s;

-- name: incident
SELECT i.id, r.slug AS reserve, i.kind, i.state, i.first_seen_at, i.last_seen_at, i.opened_at,
       opener.observed_at AS opener_observed_at, opener.received_at AS opener_received_at
FROM incident i
JOIN reserve r ON r.id = i.reserve_id
CROSS JOIN LATERAL (
    SELECT observed_at, received_at FROM suspicion
    WHERE incident_id = i.id ORDER BY received_at, observed_at LIMIT 1
) opener
WHERE i.id = %(id)s;

-- name: suspicions
SELECT s.id, s.deployment_id, ST_X(d.location) AS lon, ST_Y(d.location) AS lat, s.observed_at,
       s.first_seen_at, s.received_at, s.kind, s.confidence, s.box, s.bearing_deg, s.bearing_sd_deg,
       s.elevation_deg, m.id AS media_id, s.clock_quality::text, s.clock_offset_s, s.model
FROM suspicion s
JOIN deployment d ON d.id = s.deployment_id
LEFT JOIN media m ON m.id = s.media_id
WHERE s.incident_id = %(id)s
ORDER BY s.observed_at, s.id;

-- name: log
SELECT l.at, a.name AS account, l.action, l.note
FROM incident_log l LEFT JOIN account a ON a.id = l.account_id
WHERE l.incident_id = %(id)s
ORDER BY l.id;
